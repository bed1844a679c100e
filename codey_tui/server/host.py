"""The engine's side of the unix socket: shakes hands, takes Ops and Queries, and sends each client its events."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from codey_tui.protocol.client import Client
from codey_tui.protocol.events import Envelope
from codey_tui.protocol.ops import StopEngine
from codey_tui.protocol.queries import GetStatus, QueryBase
from codey_tui.protocol.wire import (
    MAX_FRAME_BYTES,
    WIRE_VERSION,
    Answered,
    Ask,
    ClientFrame,
    Hello,
    Refused,
    Submit,
    Welcome,
)
from codey_tui.server.outbox import Outbox, encode

HELLO_TIMEOUT_S = 10.0
STALLED_S = 60.0
GOODBYE_S = 1.0
IDLE_CHECK_S = 1.0

log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(ClientFrame)


class _Refusal(Exception):
    """The client is told this sentence and its connection is closed."""


class Host:
    """Serves one engine on one unix socket. Everything here runs on the loop that called `start`.

    `idle_exit_s`: seconds without a client and without a running turn after which `stopped` is set; None for never.
    """

    def __init__(
        self,
        engine: Client,
        socket_path: Path,
        *,
        workspace: Path,
        version: str,
        idle_exit_s: float | None = None,
        new_outbox: Callable[[], Outbox] = Outbox,
    ) -> None:
        self.engine = engine
        self.workspace = str(workspace)
        self.version = version
        self.stopped = asyncio.Event()
        self.new_outbox = new_outbox
        self._path = socket_path
        self._idle_exit_s = idle_exit_s
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._idle: asyncio.Task[None] | None = None
        self._inode = 0

    @property
    def clients(self) -> int:
        """How many clients are connected."""
        return len(self._clients)

    async def start(self) -> None:
        """Listen. The socket appears at its path in one step, already private: mode 0600 in a folder of mode 0700.

        The caller holds the workspace's engine lock, so a socket that lies at the path is a dead engine's. Raises
        OSError when the folder cannot be made or the path is too long for a socket.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.parent.chmod(0o700)
        fresh = self._path.with_name(f".{secrets.token_hex(3)}")
        try:
            self._server = await asyncio.start_unix_server(self._accept, fresh, limit=MAX_FRAME_BYTES)
            fresh.chmod(0o600)
            fresh.rename(self._path)
        finally:
            fresh.unlink(missing_ok=True)
        self._inode = self._path.stat().st_ino
        if self._idle_exit_s is not None:
            self._idle = asyncio.create_task(self._watch_idle(self._idle_exit_s))

    async def close(self) -> None:
        """Hang up on everyone and remove the socket."""
        self.stopped.set()
        if self._idle is not None:
            self._idle.cancel()
            await asyncio.gather(self._idle, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        # Only our own socket: the path may already belong to the engine that follows this one.
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        clients = tuple(self._clients)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports close their sockets

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.create_task(_Connection(self, reader, writer).run())
        self._clients.add(client)
        client.add_done_callback(lambda task: self._left(task, writer))

    def _left(self, client: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._clients.discard(client)
        writer.transport.abort()  # closed already, unless the task was cancelled before its first step
        if not client.cancelled() and (error := client.exception()) is not None:
            log.error("A client's connection failed.", exc_info=error)

    async def _watch_idle(self, grace_s: float) -> None:
        """Set `stopped` once the engine has had neither a client nor a turn for `grace_s`."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            await asyncio.sleep(min(IDLE_CHECK_S, grace_s / 4))
            if self._clients or (await self.engine.ask(GetStatus())).busy:
                since = loop.time()
            elif loop.time() - since >= grace_s:
                log.info("No client and no turn for %g s: the engine ends.", grace_s)
                self.stopped.set()
                return


class _Connection:
    """One client from its Hello to its end."""

    def __init__(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._outbox = host.new_outbox()
        self._answers: list[bytes] = []
        self._wake = asyncio.Event()
        self._questions: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Shake hands, then read frames until the client hangs up, is refused, or stops reading."""
        unsubscribe: Callable[[], None] | None = None
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                hello = await self._hello()
                unsubscribe = await self._welcome(hello)
            tasks += [asyncio.create_task(self._read_frames()), asyncio.create_task(self._send())]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except _Refusal as refusal:
            await self._refuse(str(refusal))
        except (ConnectionError, TimeoutError) as error:
            log.info("A client's connection ended: %s", error or type(error).__name__)
        finally:
            if unsubscribe is not None:
                unsubscribe()
            tasks += self._questions
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._hang_up()

    async def _hang_up(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(self._outbox.take())  # the last words of an engine that ends
        self._writer.close()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._writer.wait_closed()
        except TimeoutError:
            self._writer.transport.abort()  # a client that does not read what is left
        except ConnectionError as error:
            log.debug("A client had gone before its connection was closed: %s", error)

    async def _hello(self) -> Hello:
        _check_peer(self._writer.get_extra_info("socket"))
        hello = await self._read_frame()
        if not isinstance(hello, Hello):
            raise _Refusal("The first line must be a Hello frame.")
        host = self._host
        if hello.client == "control":
            return hello
        if hello.wire != WIRE_VERSION or hello.version != host.version:
            raise _Refusal(
                f"The engine of this workspace is codey {host.version} (wire {WIRE_VERSION}) and this is codey"
                f" {hello.version} (wire {hello.wire}): end the engine with `codey stop`, then start again."
            )
        if hello.workspace and hello.workspace != host.workspace:
            raise _Refusal(f"This engine works in {host.workspace}, not in {hello.workspace}.")
        return hello

    async def _welcome(self, hello: Hello) -> Callable[[], None] | None:
        host = self._host
        status = await host.engine.ask(GetStatus())
        session = status.session.id
        welcome = Welcome(
            wire=WIRE_VERSION,
            version=host.version,
            pid=os.getpid(),
            session=session,
            seq=status.seq,
            busy=status.busy,
        )
        self._answers.append(encode(welcome))
        if hello.listen_after is None:
            return None
        after = hello.listen_after if hello.session == session else 0
        return host.engine.listen(self._deliver, after=max(0, after))

    async def _read_frame(self) -> ClientFrame | None:
        """The next frame, or None when the client has hung up."""
        try:
            line = await self._reader.readline()
        except ValueError:
            raise _Refusal(f"A frame is longer than {MAX_FRAME_BYTES} bytes.") from None
        if not line.endswith(b"\n"):
            return None
        try:
            return _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _Refusal(f"A frame cannot be understood: {error}.") from None

    async def _read_frames(self) -> None:
        while (frame := await self._read_frame()) is not None:
            match frame:
                case Submit(op=StopEngine()):
                    log.info("A client asked the engine to end.")
                    self._host.stopped.set()
                case Submit(op=op):
                    self._host.engine.submit(op)
                case Ask():
                    task = asyncio.create_task(self._answer(frame))
                    self._questions.add(task)
                    task.add_done_callback(self._questions.discard)
                case Hello():
                    raise _Refusal("A second Hello came on the same connection.")

    async def _answer(self, frame: Ask) -> None:
        try:
            answer = await self._host.engine.ask(cast(QueryBase[object], frame.query))
            line = encode(Answered(id=frame.id, answer=msgspec.Raw(msgspec.json.encode(answer))))
            if len(line) > MAX_FRAME_BYTES:
                line = encode(Answered(id=frame.id, error="The answer is too large for the socket: ask for less."))
        except Exception as error:
            # Whatever went wrong belongs to this one question: the client is told, the log has the rest.
            log.exception("%s failed.", type(frame.query).__name__)
            line = encode(Answered(id=frame.id, error=str(error) or type(error).__name__))
        self._answers.append(line)
        self._wake.set()

    def _deliver(self, envelope: Envelope) -> None:
        try:
            ours = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            ours = False
        if ours:
            self._outbox.put(envelope)
            self._wake.set()
        else:
            self._loop.call_soon_threadsafe(self._deliver, envelope)

    async def _send(self) -> None:
        """Send answers and events as fast as the client reads; end when it has fallen too far behind."""
        while True:
            while self._answers or self._outbox:
                answers, self._answers = b"".join(self._answers), []
                self._writer.write(answers + self._outbox.take())
                async with asyncio.timeout(STALLED_S):
                    await self._writer.drain()
            if self._outbox.overflowed:
                log.info("A client was too slow for its events; it can come back for the rest.")
                return
            self._wake.clear()
            await self._wake.wait()

    async def _refuse(self, reason: str) -> None:
        log.info("A client was refused: %s", reason)
        self._writer.write(encode(Refused(reason=reason)))


def _check_peer(connection: socket.socket) -> None:
    """Only the same user may talk to the engine; the modes of socket and folder say the same where this cannot ask."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    credentials = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    if uid != os.getuid():
        raise _Refusal("This engine belongs to another user.")
