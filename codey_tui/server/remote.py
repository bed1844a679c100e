"""A Client for an engine in another process: threads do the waiting, so that a screen never does."""

import asyncio
import itertools
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from codey_tui.protocol.client import Deliver, EngineGone, QueryFailed, Unsubscribe
from codey_tui.protocol.events import DELTAS, Envelope
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import ANSWERS, Query, QueryBase
from codey_tui.protocol.wire import WIRE_VERSION, Answered, Ask, Delivered, Hello, Refused, Submit, Welcome
from codey_tui.server.connection import AttachRefused, Connection

T = TypeVar("T")
RETRIES_S = (0.0, 0.1, 0.4)
JOIN_S = 2.0


class RemoteClient:
    """Implements `Client` over a unix socket. One connection carries Ops and Queries; each `listen` has its own, so that
    a flood of events never delays an answer.

    `on_gone` is called once, from a thread of this client, with a sentence, when the engine has ended without `close`.
    Raises EngineGone and AttachRefused when it cannot attach.
    """

    def __init__(
        self,
        socket_path: Path,
        *,
        version: str,
        workspace: Path | None = None,
        name: str = "tui",
        on_gone: Callable[[str], None] | None = None,
    ) -> None:
        self._path = socket_path
        self._hello = Hello(
            wire=WIRE_VERSION,
            version=version,
            workspace="" if workspace is None else str(workspace),
            client=f"{name} {os.getpid()}" if name != "control" else name,
        )
        self.on_gone = on_gone
        self._connection = Connection(socket_path, self._hello)
        self._lock = threading.Lock()
        self._gone = ""
        self._closed = False
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[Future[Any], object]] = {}
        self._outgoing: queue.SimpleQueue[Submit | Ask | None] = queue.SimpleQueue()
        self._subscriptions: set[_Subscription] = set()
        self._threads = [
            threading.Thread(target=self._write, name="codey-writer", daemon=True),
            threading.Thread(target=self._read, name="codey-reader", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def welcome(self) -> Welcome:
        """What the engine said of itself at the handshake."""
        return self._connection.welcome

    @property
    def gone(self) -> str:
        """Why the engine is gone; empty while it is there."""
        return self._gone

    def when_gone(self, tell: Callable[[str], None]) -> None:
        """Have `tell` called as `on_gone`, at once when the engine is gone already."""
        with self._lock:
            self.on_gone = tell
            gone = self._gone
        if gone and not self._closed:
            tell(gone)

    def submit(self, op: Op) -> None:
        """Send an Op. Never blocks. Raises EngineGone once the engine is known to be gone."""
        self._put(Submit(op=op))

    async def ask(self, query: QueryBase[T]) -> T:
        """Send a Query and wait for its answer. Raises EngineGone, and QueryFailed with the engine's sentence."""
        return await asyncio.wrap_future(self._ask(query))

    def ask_now(self, query: QueryBase[T], timeout_s: float = 30.0) -> T:
        """`ask` for a thread without a loop; TimeoutError after `timeout_s`."""
        return self._ask(query).result(timeout_s)

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe:
        """Events from `seq > after` of the present session on; `deliver` is called from a thread of the subscription."""
        if self._gone:
            raise EngineGone(self._gone)
        hello = msgspec.structs.replace(self._hello, listen_after=after, session=self.welcome.session)
        subscription = _Subscription(self._path, hello, deliver, self._lost)
        with self._lock:
            self._subscriptions.add(subscription)
        subscription.start()

        def unsubscribe() -> None:
            with self._lock:
                self._subscriptions.discard(subscription)
            subscription.stop()

        return unsubscribe

    def close(self) -> None:
        """Leave the engine: it goes on without this client."""
        self._closed = True
        for subscription in tuple(self._subscriptions):
            subscription.stop()
        self._outgoing.put(None)
        writer, reader = self._threads
        if threading.current_thread() not in self._threads:
            writer.join(JOIN_S)  # lets the last Ops go out; a writer that is stuck is woken by the shutdown
        self._connection.shut()
        if threading.current_thread() is not reader:
            reader.join(JOIN_S)

    def _put(self, frame: Submit | Ask) -> None:
        if self._gone:
            raise EngineGone(self._gone)
        self._outgoing.put(frame)

    def _ask(self, query: QueryBase[T]) -> Future[T]:
        future: Future[T] = Future()
        ident = next(self._ids)
        with self._lock:
            if self._gone:
                raise EngineGone(self._gone)
            self._waiting[ident] = (future, ANSWERS[type(query)])
        self._put(Ask(id=ident, query=cast(Query, query)))
        return future

    def _write(self) -> None:
        while (frame := self._outgoing.get()) is not None:
            try:
                self._connection.send(frame)
            except OSError as error:
                self._lost(f"The engine ended ({error.strerror or error}).")
                return

    def _read(self) -> None:
        reason = "The engine ended."
        try:
            for frame in self._connection.frames():
                if isinstance(frame, Answered):
                    self._answered(frame)
                elif isinstance(frame, Refused):
                    reason = frame.reason
        except AttachRefused as refused:
            reason = str(refused)
        finally:
            self._lost(reason)
            self._connection.close()

    def _answered(self, frame: Answered) -> None:
        with self._lock:
            future, answer_type = self._waiting.pop(frame.id, (None, None))
        if future is None or not future.set_running_or_notify_cancel():
            return  # the one who asked has given up
        if frame.error:
            future.set_exception(QueryFailed(frame.error))
            return
        try:
            future.set_result(msgspec.json.decode(bytes(frame.answer), type=cast(Any, answer_type)))
        except msgspec.DecodeError as error:
            future.set_exception(QueryFailed(f"The engine's answer cannot be understood: {error}."))

    def _lost(self, reason: str) -> None:
        """Nothing more will come: tell everyone who waits, and the owner once."""
        with self._lock:
            if self._gone:
                return
            self._gone, on_gone = reason, self.on_gone
            waiting, self._waiting = self._waiting, {}
            subscriptions, self._subscriptions = self._subscriptions, set()
        for future, _ in waiting.values():
            if future.set_running_or_notify_cancel():
                future.set_exception(EngineGone(reason))
        for subscription in subscriptions:
            subscription.finish()
        self._outgoing.put(None)
        self._connection.shut()
        if on_gone is not None and not self._closed:
            on_gone(reason)


class _Subscription:
    """A connection that only listens. It comes back from where it was when it is hung up on for being too slow."""

    def __init__(self, path: Path, hello: Hello, deliver: Deliver, lost: Callable[[str], None]) -> None:
        self._path = path
        self._hello = hello
        self._deliver = deliver
        self._lost = lost
        self._connection: Connection | None = None
        self._stopped = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="codey-events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No event is delivered after this returns, unless it is called from inside `deliver`."""
        self._stopped.set()
        self._ending.set()
        if (connection := self._connection) is not None:
            connection.shut()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def finish(self) -> None:
        """Deliver what the engine still sent before it ended, then stop."""
        self._ending.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)
        self.stop()

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self._connection = self._connect()
                if self._stopped.is_set():
                    self._connection.shut()
                try:
                    for frame in self._connection.frames():
                        if self._stopped.is_set():
                            return
                        if isinstance(frame, Delivered):
                            self._pass_on(frame.envelope)
                        elif isinstance(frame, Refused):
                            raise AttachRefused(frame.reason)
                finally:
                    self._connection.close()
        except (EngineGone, AttachRefused) as error:
            if not self._ending.is_set():
                self._lost(str(error))

    def _connect(self) -> Connection:
        """Connect, trying a few times: a host that hung up on a slow client takes it back at once."""
        last = EngineGone("The engine ended.")
        for pause in RETRIES_S:
            if self._ending.wait(pause):
                break
            try:
                return Connection(self._path, self._hello)
            except EngineGone as error:
                last = error
        raise last

    def _pass_on(self, envelope: Envelope) -> None:
        self._deliver(envelope)
        if not isinstance(envelope.event, DELTAS):
            self._hello = msgspec.structs.replace(self._hello, session=envelope.session, listen_after=envelope.seq)
