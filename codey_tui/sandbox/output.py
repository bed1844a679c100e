"""The output of a run on its way: collected within a bound, and handed on at a pace that a screen can bear."""

import time

from codey_tui.sandbox.base import OnOutput
from codey_tui.sandbox.text import Collector

PACE_SECONDS = 0.05


class Output:
    """Takes bytes, gives text: a flood of lines becomes at most twenty calls of `on_output` a second."""

    def __init__(self, limit: int, on_output: OnOutput) -> None:
        self._collector = Collector(limit)
        self._on_output = on_output
        self._pending: list[str] = []
        self._shown_at = time.monotonic()

    def feed(self, data: bytes) -> None:
        """Take a piece as it was read."""
        self._pending.append(self._collector.feed(data))

    def show(self, *, force: bool = False) -> None:
        """Hand on what waits, if it is time or `force`."""
        now = time.monotonic()
        if force or now - self._shown_at >= PACE_SECONDS:
            self._shown_at = now
            if text := "".join(self._pending):
                self._on_output(text)
            self._pending.clear()

    def finish(self, last: str = "") -> tuple[str, bool]:
        """The whole kept output with `last` at its end, and whether some is missing; shows what has not been shown."""
        shown, output, truncated = self._collector.close()
        self._pending.append(shown + last)
        self.show(force=True)
        return output + last, truncated
