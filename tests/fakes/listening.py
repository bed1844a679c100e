"""An engine within a test, all that it said, and waiting for what it has yet to say."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from codey_tui.engine.engine import Engine
from codey_tui.protocol import events as ev

E = TypeVar("E", bound=ev.Event)
WAIT_S = 150.0  # a command on a busy machine takes its time; a pass waits for nothing


class Listening:
    """Starts an engine with an `async with` block and closes it at its end; `said` are the events in `heard`."""

    def __init__(self, engine: Engine, *, new_session: bool = False) -> None:
        self.engine = engine
        self.heard: list[ev.Envelope] = []
        self.said: list[ev.Event] = []
        self._new = new_session

    def _hear(self, envelope: ev.Envelope) -> None:
        self.heard.append(envelope)
        self.said.append(envelope.event)

    async def __aenter__(self) -> Self:
        await self.engine.start(new_session=self._new)
        self.engine.listen(self._hear)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()

    def of(self, kind: type[E]) -> list[E]:
        """The events of a kind that were heard so far."""
        return [event for event in self.said if isinstance(event, kind)]

    async def until(self, condition: Callable[[], object], what: str = "a condition") -> None:
        """Wait for a condition; says what was heard when it never comes."""
        end = time.monotonic() + WAIT_S
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{what} never came; heard {[type(event).__name__ for event in self.said]}")
            await asyncio.sleep(0.002)

    async def event(self, kind: type[E], count: int = 1) -> E:
        """Wait until `count` events of a kind were heard; the last of them."""
        await self.until(lambda: len(self.of(kind)) >= count, f"{kind.__name__} number {count}")
        return self.of(kind)[count - 1]
