"""The Client protocol: what a TUI, a shell and a server all hold, in process or over a socket."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from codey_tui.protocol.events import Envelope
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import QueryBase

T = TypeVar("T")
Deliver = Callable[[Envelope], None]
Unsubscribe = Callable[[], None]


class Client(Protocol):
    """A way to an engine. `submit` never blocks; `deliver` is called from the transport's own thread or loop and must
    return at once. `listen(after=n)` first replays the durable events of the present session with seq > n, then what is
    still open (the text streamed so far of a running chunk as one delta), then goes on live. `ask` raises EngineGone, and
    QueryFailed where this one question has no answer."""

    def submit(self, op: Op) -> None: ...

    async def ask(self, query: QueryBase[T]) -> T: ...

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe: ...


class QueryFailed(Exception):
    """The engine could not answer a query; the sentence is the engine's."""


class EngineGone(Exception):
    """The engine ended or cannot be reached; the sentence says what to do."""
