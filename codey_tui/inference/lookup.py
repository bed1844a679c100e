"""Prompt-lookup decoding: where an answer repeats what stands before it, several tokens are verified in one evaluation.

What is said is what plain greedy decoding says. Each token is still chosen from the model's own logits after all tokens
before it; a draft only lets them be computed together. llama.cpp computes batches of eight and more with other kernels than
single tokens, whose sums are rounded otherwise: logits of a 0.5B model in Q4_K differ by up to 0.04 (none of the bundled
model's, in Q8_0). So where the two likeliest tokens are closer than `NEAR_TIE` after a batch, the last token is evaluated
again by itself and the choice made from that. What remains is the rounding in the KV cache of accepted tokens, as it
remains between prompts evaluated in other batches: it can turn a choice only between tokens that are all but equally
likely after an evaluation by themselves too.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from codey_tui.inference.lookup_payoff import PayOff
from codey_tui.inference.lookup_source import Source
from codey_tui.inference.sampling import Logits, margin

NEAR_TIE = 0.25
"""In logits (natural logarithm): six times the largest difference between kernels that was measured."""

_KEPT = 4
"""A copy that went well for so many tokens is looked for again right behind the token that differed."""


class Model(Protocol):
    """What of a `Runtime` is needed here. `tokens` is what the KV cache holds."""

    tokens: list[int]
    draft_limit: int
    pay_off: PayOff
    n_ctx: int

    def logits(self, row: int = -1) -> Logits: ...
    def evaluate_one(self, token: int) -> None: ...
    def evaluate_draft(self, tokens: Sequence[int]) -> None: ...
    def rewind(self, keep: int) -> None: ...


class Plain:
    """Decoding one token at a time. `drafted` and `accepted` count tokens of drafts."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.drafted = 0
        self.accepted = 0

    @property
    def gain(self) -> float:
        """See `PayOff.gain`."""
        return 0.0

    def logits(self) -> Logits:
        """The logits after the last token."""
        return self._model.logits()

    def advance(self, token: int, left: int) -> None:
        """The token was said and the text goes on, for at most `left` tokens more."""
        self._model.evaluate_one(token)

    def close(self) -> None:
        """The text is over."""


class Lookup(Plain):
    """Decoding with drafts from the prompt and the answer so far. `clock` tells seconds."""

    def __init__(
        self, model: Model, source: Source | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(model)
        self._source = source or Source(model.tokens)
        self._clock = clock
        self._draft: list[int] = []
        self._place = 0  # of the draft in the source
        self._row = 0  # how many tokens of the draft were said
        self._base = 0  # tokens in the KV cache before the batch
        self._seconds = 0.0

    @property
    def gain(self) -> float:
        """See `PayOff.gain`."""
        return self._model.pay_off.gain

    def logits(self) -> Logits:
        """See `Plain.logits`."""
        if not self._draft:
            return self._model.logits()
        logits = self._model.logits(self._row)
        return logits if margin(logits) >= NEAR_TIE else self._again()

    def advance(self, token: int, left: int) -> None:
        """See `Plain.advance`."""
        self._source.add(token)
        if self._row < len(self._draft) and self._draft[self._row] == token:
            self._row += 1
            return
        self._end_draft()
        model = self._model
        most = min(model.draft_limit, left, model.n_ctx - len(model.tokens) - 1)
        count = model.pay_off.length(most)
        place = self._source.find(model.pay_off.least) if count else 0
        started = self._clock()
        if not place:
            model.evaluate_one(token)
            model.pay_off.plain(self._clock() - started)
            return
        draft = self._source.at(place, count)
        base = len(model.tokens)
        model.evaluate_draft((token, *draft))
        self._seconds = self._clock() - started
        self._draft, self._place, self._row, self._base = draft, place, 0, base
        self.drafted += count

    def close(self) -> None:
        """Give back what the KV cache holds of an unfinished draft."""
        self._end_draft()

    def _again(self) -> Logits:
        """The logits after the last token that was said, evaluated by itself; the rest of the draft is given up."""
        model, started = self._model, self._clock()
        last = model.tokens[self._base + self._row]
        model.rewind(self._base + self._row)
        model.evaluate_one(last)
        self._seconds += self._clock() - started
        self._note()
        return model.logits()

    def _end_draft(self) -> None:
        if self._draft:
            self._model.rewind(self._base + 1 + self._row)
            self._note()

    def _note(self) -> None:
        """Count the draft and forget it."""
        self.accepted += self._row
        self._model.pay_off.verified(len(self._draft), self._row, self._seconds)
        whole = self._row == len(self._draft)
        self._source.copied(self._place + self._row if whole or self._row >= _KEPT else 0)
        self._draft = []
