"""Holds a generation to a grammar in llama.cpp's GBNF: a token is drawn first and only that one is checked.

Filtering the whole vocabulary costs tens of milliseconds a token; checking the token that was drawn costs a fraction of one.
Only where it does not fit, the most likely ones are filtered, and then all. Lives in the child process only.
"""

import codecs
import ctypes
import math
from collections.abc import Callable
from typing import Any, cast

import llama_cpp.llama_cpp as lib
import numpy as np

from codey_tui.inference.sampling import Ids, Logits, Sampler

_LIKELY = 64


class GrammarFailed(Exception):
    """The grammar is not one that llama.cpp takes, or no token fits it any more; the text is a sentence."""


class Grammar:
    """A grammar and how far a generation has come in it. `close` gives its memory back."""

    def __init__(self, vocab: Any, text: str, piece: Callable[[int], bytes]) -> None:
        """Raises GrammarFailed."""
        # a NULL from a bad grammar would crash the process at its first use
        self._sampler: Any = lib.llama_sampler_init_grammar(vocab, text.encode(), b"root")
        if not self._sampler:
            raise GrammarFailed("The grammar for this answer is not one that llama.cpp understands.")
        self._piece = piece
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def choose(self, logits: Logits, sampler: Sampler) -> tuple[int, float]:
        """A token that fits, drawn as the sampler draws, and its log-probability among those that were looked at.

        The token counts as said. Raises GrammarFailed, and what the sampler raises.
        """
        token, logprob = sampler.choose(logits)
        if not self._fits(np.array([token], np.intp)).size:
            token, logprob = self._among_others(logits, sampler)
        self._accept(token)
        return token, logprob

    def close(self) -> None:
        """Free what llama.cpp holds."""
        if self._sampler:
            lib.llama_sampler_free(self._sampler)
            self._sampler = None

    def _among_others(self, logits: Logits, sampler: Sampler) -> tuple[int, float]:
        size = int(logits.shape[0])
        everything: Ids = np.arange(size, dtype=np.intp)
        likely: Ids = np.argpartition(logits, size - _LIKELY)[size - _LIKELY :] if size > _LIKELY else everything
        for candidates in (likely, everything):
            fitting = self._fits(candidates)
            if fitting.size:
                masked: Logits = np.full_like(logits, -math.inf)
                masked[fitting] = logits[fitting]
                return sampler.choose(masked)
        raise GrammarFailed("The model has no token that fits the grammar at this point.")

    def _fits(self, ids: Ids) -> Ids:
        """Those of the tokens that may come next."""
        data = (lib.llama_token_data * len(ids))()
        for place, token in enumerate(ids.tolist()):
            data[place].id = token
        array = lib.llama_token_data_array(cast("Any", data), len(ids), -1, False)
        lib.llama_sampler_apply(self._sampler, cast("Any", ctypes.byref(array)))
        allowed = [data[place].id for place in range(int(array.size)) if data[place].logit != -math.inf]
        return np.array([token for token in allowed if self._whole_text(token)], np.intp)

    def _whole_text(self, token: int) -> bool:
        """Whether the text stays UTF-8: the grammar looks at letters, but tokens may be bytes of letters."""
        state = self._decoder.getstate()
        piece = self._piece(token)
        try:
            self._decoder.decode(piece)
            begun = self._decoder.getstate()[0]
            if len(begun) > 1:
                # halves of surrogates are refused with their last byte only, when nothing else could follow
                (begun + b"\x80" * (_length(begun[0]) - len(begun))).decode()
        except UnicodeDecodeError:
            return False
        finally:
            self._decoder.setstate(state)
        return bool(piece) or not state[0]

    def _accept(self, token: int) -> None:
        lib.llama_sampler_accept(self._sampler, token)
        self._decoder.decode(self._piece(token))


def _length(first: int) -> int:
    """Bytes of the letter in UTF-8 that begins with this one."""
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4
