"""Chooses the next token from logits with numpy: greedy, or by temperature within top-k and top-p."""

import math

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]


class NotNumbers(Exception):
    """The logits hold NaN or infinity: the weights are damaged or the computation failed."""


GREEDY_BELOW = 1e-6
"""Temperatures below this take the likeliest token: dividing logits by them would overflow."""


def margin(logits: Logits) -> float:
    """By how much the largest logit exceeds the second; not a number where the logits are not."""
    best = logits.argmax()
    peak = float(logits[best])
    logits[best] = -math.inf
    second = float(logits.max())
    logits[best] = peak
    return peak - second


class Sampler:
    """One generation's choices; the same seed and logits give the same tokens."""

    def __init__(self, *, temperature: float, top_k: int, top_p: float, seed: int) -> None:
        self._temperature = temperature
        self._top_k = top_k
        self._top_p = top_p
        self._random = np.random.default_rng(abs(seed))
        self._scratch: Logits = np.empty(0, np.float32)

    def choose(self, logits: Logits) -> tuple[int, float]:
        """The token and its log-probability (natural) at temperature 1. Raises `NotNumbers`."""
        best = int(logits.argmax())
        peak = float(logits[best])
        if not math.isfinite(peak):
            raise NotNumbers
        if self._scratch.shape != logits.shape:
            self._scratch = np.empty_like(logits)
        scratch = self._scratch
        np.subtract(logits, peak, out=scratch)
        np.exp(scratch, out=scratch)
        total = float(scratch.sum())
        token = best if self._temperature < GREEDY_BELOW else self._draw(logits, total, peak)
        return token, float(logits[token]) - peak - math.log(total)

    def _draw(self, logits: Logits, total: float, peak: float) -> int:
        """Top-k, then top-p, then temperature: the order of llama.cpp's default sampler chain."""
        size = logits.shape[0]
        k = self._top_k if 0 < self._top_k < size else size
        # Sorting only k of 150,000 logits takes a tenth of the time of sorting all.
        rough: Ids = np.argpartition(logits, size - k)[size - k :] if k < size else np.argsort(logits)
        order: Ids = np.argsort(-logits[rough], kind="stable")
        ids: Ids = rough[order]
        kept = logits[ids].astype(np.float64)
        if self._top_p < 1:
            sums = np.cumsum(np.exp(kept - peak) / total)
            count = int(np.searchsorted(sums, self._top_p)) + 1
            ids, kept = ids[:count], kept[:count]
        weights = np.exp((kept - peak) / self._temperature)
        weights /= weights.sum()
        place = int(np.searchsorted(np.cumsum(weights), self._random.random()))
        return int(ids[min(place, len(ids) - 1)])
