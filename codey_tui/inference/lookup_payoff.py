"""Measures whether verifying drafts is quicker than plain decoding with the loaded model, and says when not to try.

What a draft costs hangs on the model and the machine (on two cores a 7B model verifies 16 tokens in the time of 4.4, while
one that fits into the processor's cache gains nothing); how much of it is accepted hangs on the text.
"""

from collections import deque
from statistics import mean, median

from codey_tui.inference.lookup_source import LEAST_MATCH

# Drafts of these lengths: with the token before them they fill batches of 16 and 32, for which the kernels are made.
SHORT, LONG = 15, 31
LEAST_DRAFT = 8
"""Tokens: a shorter draft costs nearly as much as a full one and brings less."""
_LEAST_GAIN = 1.05  # below this, plain decoding is as good and has fewer surprises
_SAMPLES = 9
_ENOUGH = 3  # drafts before they are judged: the first one also pays for llama.cpp's larger buffers
_SHARE = 0.02  # of the time that drafts which do not pay may cost
_LEAST_PAUSE, _LONGEST_PAUSE = 64, 4096  # tokens
_PICKY = 4 * LEAST_MATCH  # tokens
# Share of a child's memory that the logits of a verified draft may take: the forecast of it counts half of them.
_MEMORY_SHARE = 0.05
_PROCESS = 51 * 1024 * 1024  # bytes of a child without a model


def draft_limit(weights: int, vocabulary: int) -> int:
    """How many tokens a draft may have with a model of so many bytes: each row of logits takes four bytes a token of the
    vocabulary, once in llama.cpp's output and once in its buffers."""
    rows = int(_MEMORY_SHARE * (weights + _PROCESS)) // max(1, 8 * vocabulary)
    return min(rows - 1, LONG) if rows > LEAST_DRAFT else 0


class PayOff:
    """One model's record over all its generations. Times are in seconds; medians, since other programs take turns too.

    `gain` is how many times quicker text came by the last drafts than it would have without, 0 while unknown; where it was
    too small before (in another process, with the same model) one draft is tried later, and not three at once.
    """

    def __init__(self, gain: float = 0.0) -> None:
        self.gain = gain
        known_as_slow = 0 < gain < _LEAST_GAIN
        self._plain: deque[float] = deque(maxlen=_SAMPLES)
        self._drafts: deque[tuple[int, float]] = deque(maxlen=_SAMPLES)  # tokens said and seconds of each
        self._length = SHORT
        self._pause = _LEAST_PAUSE if known_as_slow else 0
        self._enough = 1 if known_as_slow else _ENOUGH
        self.least = LEAST_MATCH
        """How many tokens have to agree before a draft is made: more after drafts that were wrong."""

    def plain(self, seconds: float) -> None:
        """A token was evaluated alone."""
        self._plain.append(seconds)
        self._pause = max(0, self._pause - 1)

    def verified(self, drafted: int, accepted: int, seconds: float) -> None:
        """A draft was evaluated, and so many of its tokens were what the model said."""
        said = accepted + 1
        self._drafts.append((said, seconds))
        self._length = LONG if accepted == drafted else SHORT
        if accepted == drafted:
            self.least = LEAST_MATCH
        elif said * self._plain_s < seconds:
            self.least = min(2 * self.least, _PICKY)
        self.gain = self._measured()
        if len(self._drafts) >= self._enough and 0 < self.gain < _LEAST_GAIN:
            self._rest()

    def length(self, most: int) -> int:
        """Tokens to draft now, at most so many; 0 while it does not pay, and before it is known what plain tokens cost."""
        if self._pause or not self._plain or most < LEAST_DRAFT:
            return 0
        return min(self._length, most)

    def _measured(self) -> float:
        if not self._plain:
            return 0.0
        spent = median(seconds for _, seconds in self._drafts)
        return mean(said for said, _ in self._drafts) * self._plain_s / max(spent, 1e-9)

    @property
    def _plain_s(self) -> float:
        return median(self._plain) if self._plain else 0.0

    def _rest(self) -> None:
        """Pause until another trial as dear as these is a small share of the time, and then judge it by itself."""
        lost = max(median(seconds - said * self._plain_s for said, seconds in self._drafts), 0.0)
        pause = int(lost / max(self._plain_s, 1e-9) / _SHARE)
        self._pause = min(max(pause, _LEAST_PAUSE), _LONGEST_PAUSE)
        self._drafts.clear()
        self._enough = 1
