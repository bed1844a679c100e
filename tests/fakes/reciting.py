"""A model of the lookup decoder that recites a text, and a source of drafts that are right as often as a test wants."""

from collections.abc import Callable, Sequence

import numpy as np

from codey_tui.inference.lookup_payoff import LONG, SHORT, PayOff
from codey_tui.inference.lookup_source import Source
from codey_tui.inference.sampling import Logits

VOCABULARY = 64


class Reciter:
    """Says `text` after `prompt`, and 0 where what it holds is neither. Time is what its evaluations cost.

    `verify` gives the cost of a batch by its size, that of a single token being 1. At `ties` (places in the text) a batch rounds the logits so
    that a wrong token is a little ahead.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        text: Sequence[int],
        *,
        verify: Callable[[int], float] = lambda _: 4.0,
        ties: Sequence[int] = (),
    ) -> None:
        self.tokens = list(prompt)
        self.draft_limit = LONG
        self.n_ctx = 4096
        self.pay_off = PayOff()
        self.now = 0.0
        self.singles = 0
        self.batches: list[int] = []
        self._whole = [*prompt, *text]
        self._ties = {len(prompt) + place for place in ties}
        self._verify = verify
        self._batch = 0

    def clock(self) -> float:
        return self.now

    def logits(self, row: int = -1) -> Logits:
        end = len(self.tokens) if row < 0 else len(self.tokens) - self._batch + row + 1
        logits = np.zeros(max(VOCABULARY, *self._whole) + 2, np.float32)
        if self.tokens[:end] == self._whole[:end] and end < len(self._whole):
            right = self._whole[end]
            logits[right] = 9
            if row >= 0 and end in self._ties:
                logits[right] = 8.9
                logits[right + 1] = 9
        return logits

    def evaluate_one(self, token: int) -> None:
        self.tokens.append(token)
        self.singles += 1
        self.now += 1

    def evaluate_draft(self, tokens: Sequence[int]) -> None:
        assert len(self.tokens) + len(tokens) <= self.n_ctx
        self.tokens += tokens
        self._batch = len(tokens)
        self.batches.append(len(tokens))
        self.now += self._verify(len(tokens))

    def rewind(self, keep: int) -> None:
        del self.tokens[keep:]


class Foreseeing(Source):
    """Drafts of what is known to come, every `wrong`-th token of the text spoilt (0: none)."""

    def __init__(self, prompt: Sequence[int], text: Sequence[int], wrong: int = 0) -> None:
        super().__init__(prompt)
        self._said = 0
        self._text = list(text)
        self._wrong = wrong

    def add(self, token: int) -> None:
        super().add(token)
        self._said += 1

    def find(self, least: int = 0) -> int:
        return self._said

    def at(self, place: int, count: int) -> list[int]:
        known = self._text[place : place + count]
        known += [0] * (count - len(known))
        return [
            token + 1 if self._wrong and (place + i) % self._wrong == self._wrong - 1 else token
            for i, token in enumerate(known)
        ]


class AlwaysPays(PayOff):
    """Drafts whenever there is room, whatever it brings."""

    def length(self, most: int) -> int:
        return min(SHORT, most)
