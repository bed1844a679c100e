"""Waiting for what an engine says to an Op: the event that tells of it, or a notice."""

import asyncio
from typing import Generic, TypeVar

from codey_tui.protocol.client import Client, EngineGone
from codey_tui.protocol.events import Envelope, Event, Noticed
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import GetStatus

PATIENCE_S = 120.0
E = TypeVar("E", bound=Event)


class Answering(Generic[E]):
    """Made on a running loop for an Op that an event of `kind` answers, or a notice where it was refused. Notices that follow the
    answer are kept in `notes`; `gone` is what hears that the engine has gone."""

    def __init__(self, kind: type[E]) -> None:
        self.notes: list[str] = []
        self._kind = kind
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[E | Noticed] = self._loop.create_future()

    async def to(self, client: Client, op: Op) -> E | Noticed:
        """Submit the Op and wait for the answer. Raises EngineGone and TimeoutError."""
        unsubscribe = client.listen(self._deliver, (await client.ask(GetStatus())).seq)
        try:
            client.submit(op)
            answer = await asyncio.wait_for(self._answered, PATIENCE_S)
            await client.ask(GetStatus())  # by now its remarks about single things have come too
            return answer
        finally:
            unsubscribe()

    def gone(self, reason: str) -> None:
        """The engine has gone; from any thread."""
        self._loop.call_soon_threadsafe(self._settle, EngineGone(reason))

    def _deliver(self, envelope: Envelope) -> None:
        event = envelope.event
        if isinstance(event, self._kind | Noticed):
            self._loop.call_soon_threadsafe(self._settle, event)

    def _settle(self, answer: E | Noticed | EngineGone) -> None:
        if self._answered.done():
            self.notes.extend([answer.text] if isinstance(answer, Noticed) else [])
        elif isinstance(answer, EngineGone):
            self._answered.set_exception(answer)
        else:
            self._answered.set_result(answer)
