"""One piece of work at a time: a turn or an undo, the prompts that wait behind it, and cancelling at any moment."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from codey_tui.protocol.ops import SubmitPrompt

Cancelled = Literal["cancelled", "already", "cannot", "idle"]
CANCEL_SAID: dict[Cancelled, str] = {
    "cancelled": "",
    "already": "The turn is being cancelled already.",
    "cannot": "What runs now is not cut off in the middle; it will be over soon.",
    "idle": "Nothing runs that could be cancelled.",
}
"""What a person is told after asking for it; nothing where the events tell it."""


class Lane:
    """Runs work on the engine's loop. `begin` starts the work of a prompt that waited; `failed` hears of every error."""

    def __init__(self, begin: Callable[[SubmitPrompt], None], failed: Callable[[BaseException], None]) -> None:
        self._begin = begin
        self._failed = failed
        self._task: asyncio.Task[None] | None = None
        self._cancellable = True
        self._cancelled = False
        self._waiting: deque[SubmitPrompt] = deque()

    @property
    def running(self) -> bool:
        """Whether work is under way."""
        return self._task is not None and not self._task.done()

    @property
    def busy(self) -> bool:
        """Whether work is under way or waits; between two pieces of work nothing may come."""
        return self.running or bool(self._waiting)

    def start(self, work: Coroutine[Any, Any, None], *, cancellable: bool = True) -> None:
        """Begin a piece of work; nothing else may run."""
        self._cancellable, self._cancelled = cancellable, False
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._ended)

    def wait(self, prompt: SubmitPrompt) -> int:
        """Let a prompt wait for its turn; how many wait now."""
        self._waiting.append(prompt)
        return len(self._waiting)

    def cancel(self) -> Cancelled:
        """Cancel what runs, once: a second cancellation would tear up the orderly end of the first."""
        if self._task is None or not self.running:
            return "idle"
        if not self._cancellable:
            return "cannot"
        if self._cancelled:
            return "already"
        self._cancelled = True
        # Not at once: a task that is cancelled before its first step ends without a word.
        asyncio.get_running_loop().call_soon(self._task.cancel)
        return "cancelled"

    async def end(self) -> None:
        """Drop what waits, cancel what runs and wait for its end."""
        self._waiting.clear()
        self.cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
        while self._waiting and not self.running:
            try:
                self._begin(self._waiting.popleft())
            except Exception as error:  # noqa: BLE001 - it is told and logged there; the next one may fare better
                self._failed(error)
