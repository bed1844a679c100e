"""A model hub on loopback: serves files with ranges as the real one does, and misbehaves as it is told."""

import hashlib
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

REPOSITORY = "owner/small-GGUF"


class ModelHub:
    """A running hub; `trouble` is what happens to the next requests for bytes, one each, and `heard` what was asked.

    Troubles: "503"; "cut:N" (the connection ends after N bytes); "more" (bytes too many); "wrong-range"; "short" (a wrong
    length is announced); "no-range" (all bytes whatever was asked); "flip" (a byte is another). `status` refuses every
    question instead. With `elsewhere` the bytes lie on another host, to which the hub redirects.
    """

    def __init__(self, content: bytes, *, elsewhere: bool = False, linked: bool = True) -> None:
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.trouble: deque[str] = deque()
        self.status = 0
        self.error_code = ""
        self.heard: list[tuple[str, str, str, str]] = []
        self.linked = linked
        self._server = _serve(self)
        self._store = _serve(self) if elsewhere else None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def store(self) -> str:
        """Where the bytes are."""
        return f"http://localhost:{self._store.server_address[1]}" if self._store is not None else ""

    def ranges(self) -> list[str]:
        """The Range header of every request for bytes."""
        return [said for method, _, said, _ in self.heard if method == "GET"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in filter(None, (self._server, self._store)):
            server.shutdown()
            server.server_close()


def _serve(hub: ModelHub) -> ThreadingHTTPServer:
    class Handler(_Handler):
        told = hub

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    told: ModelHub
    protocol_version = "HTTP/1.1"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: `heard` has it."""

    def do_HEAD(self) -> None:
        self._note()
        if self._refused():
            return
        moved = bool(self.told.store) and self.path.startswith("/owner")
        self.send_response(302 if moved else 200)
        if self.told.linked:
            self.send_header("X-Linked-Size", str(len(self.told.content)))
            self.send_header("X-Linked-ETag", f'"{self.told.sha256}"')
        self.send_header("ETag", 'W/"abc"')
        self.send_header("X-Repo-Commit", "0" * 40)
        if moved:
            self.send_header("Location", f"{self.told.store}/blob")
            self.send_header("Content-Length", "0")
        else:
            self.send_header("Content-Length", str(len(self.told.content)))
        self.end_headers()

    def do_GET(self) -> None:
        self._note()
        if self._refused():
            return
        if self.told.store and self.path.startswith("/owner"):
            self.send_response(302)
            self.send_header("Location", f"{self.told.store}/blob")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send_bytes(self.told.trouble.popleft() if self.told.trouble else "")

    def _note(self) -> None:
        headers = self.headers
        self.told.heard.append(
            (self.command, headers.get("Host", ""), headers.get("Range", ""), headers.get("Authorization", ""))
        )

    def _refused(self) -> bool:
        if not self.told.status:
            return False
        self.send_response(self.told.status)
        if self.told.error_code:
            self.send_header("X-Error-Code", self.told.error_code)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def _send_bytes(self, trouble: str) -> None:
        if trouble == "503":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        whole, size = self.told.content, len(self.told.content)
        asked = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        first = int(asked) if asked and trouble != "no-range" else 0
        body = whole[first:]
        if trouble == "flip":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if trouble == "more":
            body += b"more"
        length = len(body) - 7 if trouble == "short" else len(whole) - first
        if trouble == "more":
            length = len(whole) - first
        self.send_response(206 if first else 200)
        shown = first + 1 if trouble == "wrong-range" else first
        if first:
            self.send_header("Content-Range", f"bytes {shown}-{size - 1}/{size}")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        cut = int(trouble.removeprefix("cut:")) if trouble.startswith("cut:") else len(body)
        self.wfile.write(body[:cut])
        self.wfile.flush()
        if cut < len(body) or trouble == "more":
            self.close_connection = True
