"""Greedy generation with a GGUF file through llama.cpp's own functions, with what each token cost in log-probability."""

import ctypes
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np

from codey_tui.inference.provider import OPENING
from models.nano.chats import BEYOND, END, Turns, chat
from models.nano.places import CATALOGUE

CONTEXT = 1024
_ENTRY = tomllib.loads(CATALOGUE.read_text("utf-8"))["nano"]


@dataclass(frozen=True)
class Answer:
    """What came: the text without the closing fence or end of turn, tokens including that end, their mean natural
    log-probability, and that of the first `OPENING` ones together. `ended` is False when the ceiling was reached.
    """

    text: str
    tokens: int
    mean_logprob: float
    opening: float
    ended: bool

    @property
    def beyond(self) -> bool:
        """Whether the model says that the request is outside its range."""
        return self.text.startswith(BEYOND)

    @property
    def refused(self) -> bool:
        """Whether the engine would tell a person so: the model says it, or is less sure than its catalogue entry wants."""
        return self.beyond or self.opening < _ENTRY["least_opening"] or self.mean_logprob < _ENTRY["min_mean_logprob"]


class Greedy:
    """A loaded model that always takes the most probable token. Raises `ValueError` for a file that cannot be loaded."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._quiet = lib.llama_log_callback(lambda level, text, data: None)
        lib.llama_log_set(self._quiet, ctypes.c_void_p(0))
        options: Any = lib.llama_model_default_params()
        # As in the engine's child: repacked weights cost memory, and with AMX they crash llama.cpp 0.3.36's build.
        options.use_extra_bufts = False
        self._model: Any = lib.llama_model_load_from_file(str(path).encode(), options)
        if not self._model:
            raise ValueError(f"llama.cpp cannot load {path}.")
        settings: Any = lib.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = CONTEXT
        settings.n_threads = settings.n_threads_batch = threads
        self._context: Any = lib.llama_init_from_model(self._model, settings)
        self._memory: Any = lib.llama_get_memory(self._context)
        self._vocab: Any = lib.llama_model_get_vocab(self._model)
        self._size = int(lib.llama_vocab_n_tokens(self._vocab))
        self._beyond = self.ids(BEYOND)[0]
        self._end = self.ids(END)[0]

    def close(self) -> None:
        """Frees the model."""
        lib.llama_free(self._context)
        lib.llama_model_free(self._model)

    def ids(self, text: str) -> list[int]:
        """Token ids of a templated text, as the engine's child gets them."""
        raw = text.encode()
        room = (lib.llama_token * (len(raw) + 8))()
        count = lib.llama_tokenize(self._vocab, raw, len(raw), room, len(room), True, True)
        return list(room[:count])

    def _evaluate(self, ids: list[int]) -> None:
        tokens = (lib.llama_token * len(ids))(*ids)
        if lib.llama_decode(self._context, lib.llama_batch_get_one(tokens, len(ids))):
            raise ValueError(f"llama.cpp could not evaluate {len(ids)} tokens.")

    def _scores(self) -> np.ndarray:
        scores = np.ctypeslib.as_array(lib.llama_get_logits_ith(self._context, -1), (self._size,))
        return scores.astype(np.float64)

    def _piece(self, token: int) -> bytes:
        room = ctypes.create_string_buffer(256)
        count = lib.llama_token_to_piece(self._vocab, token, room, 256, 0, False)  # type: ignore[arg-type]
        return room.raw[:count]

    def score(self, turns: Turns, candidates: tuple[str, ...]) -> tuple[float, ...]:
        """The natural log-probability of each candidate, a text of one token, as the first of the answer."""
        lib.llama_memory_clear(self._memory, True)
        self._evaluate(self.ids(chat(turns)))
        scores = self._scores()
        best = scores.max()
        whole = best + np.log(np.exp(scores - best).sum())
        return tuple(float(scores[self.ids(candidate)[0]] - whole) for candidate in candidates)

    def answer(self, turns: Turns, prefill: str, *, ceiling: int = 400, never_beyond: bool = False) -> Answer:
        """Generates up to the end of the turn. `never_beyond` forbids the token that refuses, to see what would come."""
        lib.llama_memory_clear(self._memory, True)
        self._evaluate(self.ids(chat(turns) + prefill))
        fence = prefill[: len(prefill) - len(prefill.lstrip("`"))]
        stop = f"\n{fence}".encode() if fence else b""
        made, total, opening = b"", 0.0, 0.0
        for count in range(1, ceiling + 1):
            scores = self._scores()
            if never_beyond:
                scores[self._beyond] = -np.inf
            token = int(scores.argmax())
            total -= float(np.log(np.exp(scores - scores[token]).sum()))
            if token == self._end:
                return Answer(made.decode("utf-8", "replace"), count, total / count, opening, True)
            opening = total if count <= OPENING else opening
            made += self._piece(token)
            if stop and stop in made:
                text = made[: made.index(stop)].decode("utf-8", "replace") + "\n"
                return Answer(text, count, total / count, opening, True)
            self._evaluate([token])
        return Answer(made.decode("utf-8", "replace"), ceiling, total / ceiling, opening, False)
