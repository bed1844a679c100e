"""How many threads generate tokens while other programs want the cores: fewer as soon as tokens take much longer.

The threads of llama.cpp meet after every operation, so one that has to share its core holds up all the others. Measured on
two cores: a 0.5B model makes 48 to 58 tokens a second with two threads, 18 beside one busy program and 7 to 12 beside two;
with one thread it makes 37, and still 28 to 31 beside them.
"""

from collections import deque
from statistics import median

_WINDOW = 5  # tokens whose median is the time at a number of threads: single ones are always late now and then
_JUMP = 1.6  # times the usual time that begins a trial with fewer threads
_BETTER = 0.9  # of the time before: less than this is worth a change
_SETTLED = 12  # tokens before the first trial, which tells whether the machine was busy from the start
_RETRY, _LONGEST_RETRY = 32, 512  # tokens until one more thread is tried again, doubled each time it does not help
# The usual time follows slowly what only takes longer because the text grows.
_DRIFT = 0.02


class Crowding:
    """Decides after each token; `threads` are those for the next one, from 1 to `most`."""

    def __init__(self, most: int) -> None:
        self.threads = most
        self._most = most
        self._times: deque[float] = deque(maxlen=_WINDOW)
        self._usual = 0.0  # seconds a token with `threads`; 0 while unknown
        self._trial: tuple[int, float] | None = None  # threads and seconds a token before it
        self._tokens = 0  # since the last trial
        self._retry = _RETRY
        self._first = True

    def note(self, seconds: float) -> None:
        """A token was evaluated by itself, with `threads` threads, in so many seconds."""
        if self._most == 1:
            return
        self._tokens += 1
        self._times.append(seconds)
        if len(self._times) < _WINDOW:
            return
        now = median(self._times)
        if self._trial is not None:
            self._judge(*self._trial, now)
            return
        self._usual = min(now, self._usual * (1 + _DRIFT)) if self._usual else now
        if self._wants_fewer(now):
            self._try(self.threads - 1, now)
        elif self.threads < self._most and self._tokens >= self._retry:
            self._try(self.threads + 1, now)

    def _wants_fewer(self, now: float) -> bool:
        if self.threads == 1:
            return False
        if self._first and self._tokens >= _SETTLED:
            self._first = False
            return True
        return now > _JUMP * self._usual

    def _try(self, threads: int, now: float) -> None:
        self._trial = (self.threads, now)
        self.threads = threads
        self._times.clear()

    def _judge(self, threads: int, before: float, now: float) -> None:
        """Keep what a trial has brought, or go on to still fewer threads down to half, or go back."""
        if threads // 2 < self.threads < threads and now >= _BETTER * before:
            self.threads -= 1
            self._times.clear()
            return
        self._trial, self._tokens = None, 0
        if now < _BETTER * before:
            self._usual, self._retry = now, _RETRY
            return
        if self.threads > threads:
            self._retry = min(2 * self._retry, _LONGEST_RETRY)
        self.threads, self._usual = threads, before
        self._times.clear()
