"""One blocking connection to an engine's socket: the handshake, and frames in both directions."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from codey_tui.protocol.client import EngineGone
from codey_tui.protocol.wire import MAX_FRAME_BYTES, EngineFrame, Hello, Refused, Welcome
from codey_tui.server.outbox import encode

_decoder = msgspec.json.Decoder(EngineFrame)


class AttachRefused(Exception):
    """An engine answered and will not talk to this client; the sentence says why."""


class Connection:
    """A connected socket after its handshake.

    Raises EngineGone when nothing answers within `timeout_s` (seconds), AttachRefused when the engine refuses. After
    `read_timeout_s` of silence `frames` ends; None: it waits.
    """

    def __init__(
        self, socket_path: Path, hello: Hello, *, timeout_s: float = 10.0, read_timeout_s: float | None = None
    ) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lines = self._socket.makefile("rb")
        try:
            self._socket.settimeout(timeout_s)
            self._socket.connect(str(socket_path))
            self._socket.sendall(encode(hello))
            first = self.read()
        except OSError as error:
            self.close()
            raise EngineGone(f"The engine does not answer at {socket_path}: {error}.") from error
        except BaseException:
            self.close()
            raise
        if not isinstance(first, Welcome):
            self.close()
            if isinstance(first, Refused):
                raise AttachRefused(first.reason)
            raise EngineGone("The engine hung up before it said a word.")
        self._socket.settimeout(read_timeout_s)
        self.welcome = first

    def send(self, frame: object) -> None:
        """Send a frame; may block. Raises OSError when the engine is gone."""
        self._socket.sendall(encode(frame))

    def read(self) -> EngineFrame | None:
        """The next frame; None once the engine has hung up. Raises AttachRefused for a line that is no frame."""
        line = self._lines.readline(MAX_FRAME_BYTES + 1)
        if not line.endswith(b"\n"):
            if len(line) > MAX_FRAME_BYTES:
                raise AttachRefused(f"The engine sent a line longer than {MAX_FRAME_BYTES} bytes.")
            return None
        try:
            return _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise AttachRefused(f"The engine sent a line that cannot be understood: {error}.") from error

    def frames(self) -> Iterator[EngineFrame]:
        """Frames until the engine hangs up or the connection is shut."""
        while True:
            try:
                frame = self.read()
            except (OSError, ValueError):  # shut, by either side, while a read was under way
                return
            if frame is None:
                return
            yield frame

    def shut(self) -> None:
        """Wake a blocked reader and writer; from any thread."""
        with contextlib.suppress(OSError):  # it may never have been connected, or be closed already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; from the thread that reads."""
        self.shut()
        self._lines.close()
        self._socket.close()
