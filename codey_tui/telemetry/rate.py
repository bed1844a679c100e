"""A rate over the last seconds, such as tokens per second, from a count that only grows."""

import time
from collections import deque
from collections.abc import Callable


class RateMeter:
    """Counts per second over the last `window` seconds. `clock` gives seconds and never goes back."""

    def __init__(self, window: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def update(self, count: int) -> None:
        """Say how many there are so far. A count below the last one begins anew: another chunk started."""
        now = self._clock()
        if self._marks and count < self._marks[-1][1]:
            self._marks.clear()
        self._marks.append((now, count))
        # one mark from before the window stays: the rate is measured from there
        while len(self._marks) > 2 and self._marks[1][0] <= now - self._window:
            self._marks.popleft()

    @property
    def rate(self) -> float:
        """Counts per second; it falls towards 0 while nothing comes, and is 0.0 before the second update."""
        if len(self._marks) < 2:
            return 0.0
        now = self._clock()
        recent = [mark for mark in self._marks if mark[0] >= now - self._window]
        first = self._marks[len(self._marks) - len(recent) - 1] if len(recent) < len(self._marks) else self._marks[0]
        seconds = now - first[0]
        grown = self._marks[-1][1] - first[1]
        return grown / seconds if seconds > 0 and recent else 0.0

    def reset(self) -> None:
        """Forget everything."""
        self._marks.clear()
