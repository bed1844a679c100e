"""Finds out how a model runs best on this machine: `python -m codey_tui.inference.probing MODEL`; a line of JSON for each
measurement, the last one with what was found.

Candidates are measured in turn, over and over, so that whatever else goes on meets all of them; medians are compared, and of
what is as quick the one with fewer threads and less memory is taken. Lives in a process of its own, so that ending it ends all.
"""

import argparse
import ctypes
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, cast

import llama_cpp.llama_cpp as lib
import msgspec
import numpy as np

from codey_tui.inference.probed import Probe, Speed

BATCHES = (64, 128, 256)
"""Tokens: no more than memory is forecast for; smaller ones are cancelled sooner and tell more often how far they are."""
_CONTEXT = 512  # tokens
_AS_GOOD = 0.97  # of the best rate
_Q8_0 = 8  # GGML_TYPE_Q8_0
_MOST_TOKENS, _LEAST_TOKENS = 48, 4
_READ, _LEAST_READ = 256, 64  # tokens of prompt
_DEPTH, _DEEP_ENOUGH = 1024, 512  # tokens before those that the kinds of KV cache are compared by
_QUESTIONS = 5
_FLASH, _NO_FLASH = "flash attention, f16", "no flash attention, f16"
_NICE = 19  # the most there is: whatever a running turn wants goes first

Told = Callable[[str, int, int], None]


class _Context:
    """A context of the loaded model, emptied before every measurement."""

    def __init__(self, model: Any, n_batch: int, *, flash: bool = True, kv: str = "f16", n_ctx: int = _CONTEXT) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = n_batch
        params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED if flash else lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        if kv == "q8_0":
            params.type_k = params.type_v = _Q8_0
        self._context: Any = lib.llama_init_from_model(model, params)
        if not self._context:
            raise RuntimeError("llama.cpp cannot make a context for this model.")
        self._vocabulary = int(lib.llama_vocab_n_tokens(cast("Any", lib.llama_model_get_vocab(model))))
        self._batch = n_batch
        self._buffer = (lib.llama_token * n_batch)()
        # Any tokens cost the same; the same ones each time.
        self._tokens: list[int] = np.random.default_rng(1).integers(0, self._vocabulary, _DEPTH).tolist()

    def read(self, count: int, threads: int) -> float:
        """Tokens per second of evaluating a prompt of so many tokens."""
        self._begin(threads)
        return self._fill(count)

    def deep(self, depth: int, count: int, threads: int) -> float:
        """Tokens per second of generating so many tokens after a prompt of `depth` tokens, which is read the first time."""
        memory = cast("Any", lib.llama_get_memory(self._context))
        lib.llama_set_n_threads(self._context, threads, threads)
        if lib.llama_memory_seq_pos_max(memory, 0) < depth - 1 or not lib.llama_memory_seq_rm(memory, 0, depth, -1):
            self.read(depth, threads)
        return self._speak(count)

    def _fill(self, count: int) -> float:
        begun = time.perf_counter()
        for start in range(0, count, self._batch):
            part = self._tokens[start : start + min(self._batch, count - start)]
            self._buffer[: len(part)] = part
            self._decode(len(part))
        return count / (time.perf_counter() - begun)

    def say(self, count: int, threads: int) -> float:
        """Tokens per second of generating so many tokens."""
        self._begin(threads)
        return self._speak(count)

    def _speak(self, count: int) -> float:
        self._buffer[0] = self._tokens[0]
        self._decode(1)  # unmeasured: the threads begin
        begun = time.perf_counter()
        for _ in range(count):
            pointer: Any = lib.llama_get_logits_ith(self._context, -1)
            self._buffer[0] = int(np.ctypeslib.as_array(pointer, shape=(self._vocabulary,)).argmax())
            self._decode(1)
        return count / (time.perf_counter() - begun)

    def close(self) -> None:
        """Free it."""
        lib.llama_free(self._context)

    def _begin(self, threads: int) -> None:
        lib.llama_memory_clear(cast("Any", lib.llama_get_memory(self._context)), True)
        lib.llama_set_n_threads(self._context, threads, threads)

    def _decode(self, count: int) -> None:
        if lib.llama_decode(self._context, lib.llama_batch_get_one(self._buffer, count)):
            raise RuntimeError("llama.cpp could not evaluate a batch.")


class Prober:
    """Asks the questions of one model, each in its share of `seconds`; every candidate is measured at least once."""

    def __init__(self, model: Any, cores: Sequence[int], seconds: float, rounds: int, told: Told) -> None:
        self._model = model
        self._cores = cores
        self._share = seconds / _QUESTIONS
        self._rounds = rounds
        self._told = told
        self._question = 0

    def run(self) -> Probe:
        """All questions, each with what the ones before it have found."""
        with self._context(BATCHES[-1]) as plain:
            plain.read(BATCHES[0], self._cores[0])  # reads the file's pages while no clock runs
            tokens = self._tokens(plain.say(_LEAST_TOKENS, self._cores[0]), len(self._cores))
            spoken = self._ask(
                "threads for generation", {str(n): lambda n=n: plain.say(tokens, n) for n in self._cores}
            )
            saying = int(_first_good(spoken))
            size = self._size(plain.read(_LEAST_READ, self._cores[-1]), len(self._cores))
            heard = self._ask("threads for prompts", {str(n): lambda n=n: plain.read(size, n) for n in self._cores})
            reading = int(_first_good(heard))
            batch = self._best_batch(plain, reading)
            rate = plain.read(size, reading)
        depth = self._depth(rate)
        kinds = self._kinds(reading, saying, tokens, depth)
        rows = [Speed(what="threads for generation", value=name, generation=rate) for name, rate in spoken.items()]
        rows += [Speed(what="threads for prompts", value=name, prompt=rate) for name, rate in heard.items()]
        rows += [Speed(what="batch", value=name, prompt=rate) for name, rate in batch.items()]
        return Probe(
            threads_generation=saying,
            threads_prompt=reading,
            n_batch=int(_first_good(batch)),
            generation_rate=spoken[str(saying)],
            prompt_rate=max(batch.values()),
            flash=_flash_serves(kinds) if depth >= _DEEP_ENOUGH else None,
            speeds=(*rows, *kinds),
        )

    def _best_batch(self, plain: _Context, threads: int) -> dict[str, float]:
        with self._context(BATCHES[0]) as small, self._context(BATCHES[1]) as middle:
            contexts = {str(size): context for size, context in zip(BATCHES, (small, middle, plain), strict=True)}
            size = self._size(plain.read(_LEAST_READ, threads), len(BATCHES), least=BATCHES[-1])
            return self._ask("batch", {name: lambda c=c: c.read(size, threads) for name, c in contexts.items()})

    def _kinds(self, reading: int, saying: int, tokens: int, depth: int) -> list[Speed]:
        """What flash attention and the kinds of KV cache do to both speeds: to generation after `depth` tokens."""
        what, size, n_ctx = f"KV cache, generation after {depth:,} tokens", BATCHES[-1], depth + _CONTEXT
        with (
            self._context(size, n_ctx=n_ctx) as plain,
            self._context(size, flash=False, n_ctx=n_ctx) as table,
            self._context(size, kv="q8_0", n_ctx=n_ctx) as packed,
        ):
            kinds = {_FLASH: plain, _NO_FLASH: table, "flash attention, q8_0": packed}
            size = self._size(plain.read(_LEAST_READ, reading), 2 * len(kinds))
            heard = self._ask(what, {name: lambda c=c: c.read(size, reading) for name, c in kinds.items()}, 0.5)
            said = self._ask(what, {name: lambda c=c: c.deep(depth, tokens, saying) for name, c in kinds.items()}, 0.5)
        return [Speed(what=what, value=name, prompt=heard[name], generation=said[name]) for name in kinds]

    def _depth(self, rate: float) -> int:
        """Tokens that a prompt can have for the three kinds of cache in the time of a question."""
        fitting = int(rate * self._share / 3)
        return max(_LEAST_READ, min(_DEPTH, fitting - fitting % _LEAST_READ))

    def _ask(self, what: str, candidates: dict[str, Callable[[], float]], part: float = 1.0) -> dict[str, float]:
        """The median rate of each candidate."""
        rates: dict[str, list[float]] = {name: [] for name in candidates}
        until = time.monotonic() + part * self._share
        for number in range(self._rounds):
            if number and time.monotonic() >= until:
                break
            # There and back, so that no candidate is always the first.
            for name in sorted(candidates, key=list(candidates).index, reverse=bool(number % 2)):
                self._told(what, number + 1, self._rounds)
                rates[name].append(candidates[name]())
        return {name: round(median(found), 2) for name, found in rates.items()}

    def _tokens(self, rate: float, candidates: int) -> int:
        fitting = int(rate * self._share / (self._rounds * candidates))
        return max(_LEAST_TOKENS, min(_MOST_TOKENS, fitting))

    def _size(self, rate: float, candidates: int, least: int = _LEAST_READ) -> int:
        fitting = int(rate * self._share / (self._rounds * candidates))
        return max(least, min(_READ, fitting - fitting % _LEAST_READ))

    @contextmanager
    def _context(
        self, n_batch: int, *, flash: bool = True, kv: str = "f16", n_ctx: int = _CONTEXT
    ) -> Generator[_Context]:
        context = _Context(self._model, n_batch, flash=flash, kv=kv, n_ctx=n_ctx)
        try:
            yield context
        finally:
            context.close()


def _flash_serves(kinds: Sequence[Speed]) -> bool:
    """Whether flash attention generates as quickly as the other way."""
    rates = {kind.value: kind.generation for kind in kinds}
    return rates[_FLASH] >= _AS_GOOD * rates[_NO_FLASH]


def _first_good(rates: dict[str, float]) -> str:
    """The first candidate that is as good as the best."""
    return next(name for name, rate in rates.items() if rate >= _AS_GOOD * max(rates.values()))


def thread_counts(most: int) -> list[int]:
    """The numbers of threads worth trying on so many cores: one, half, all but one and all."""
    return sorted({1, max(1, most // 2), max(1, most - 1), most})


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 with a sentence when it cannot be measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("model")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    os.nice(_NICE)
    silent = lib.llama_log_callback(_say_nothing)
    lib.llama_log_set(cast("Any", silent), ctypes.c_void_p(0))
    params = lib.llama_model_default_params()
    params.n_gpu_layers = 0
    params.use_extra_bufts = False
    model = lib.llama_model_load_from_file(given.model.encode(), params)
    if not model:
        print(f"llama.cpp cannot load {given.model}.", file=sys.stderr)
        return 1

    def told(what: str, done: int, of: int) -> None:
        print(json.dumps({"what": what, "round": done, "rounds": of}), flush=True)

    try:
        found = Prober(model, thread_counts(given.cores), given.seconds, given.rounds, told).run()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"found": msgspec.to_builtins(found)}), flush=True)
    return 0


def _say_nothing(_level: int, _text: bytes, _: ctypes.c_void_p) -> None:
    """llama.cpp's log is of no use here."""


if __name__ == "__main__":
    sys.exit(main())
