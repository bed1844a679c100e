"""llama.cpp without anything of Codey around it, to compare with: `python -m codey_tui.inference.bare MODEL PROMPT TOKENS`.

Evaluates so many tokens of prompt and generates so many, each after so many others, as llama-bench does, and prints both speeds in
tokens per second as JSON; 0 for what was not asked for.
"""

import argparse
import ctypes
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, cast

import llama_cpp.llama_cpp as lib
import numpy as np

_Q8_0 = 8  # GGML_TYPE_Q8_0


class Bare:
    """A model and a context. Raises RuntimeError when llama.cpp refuses."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0
        params.load_mode = lib.llama_load_mode_from_str(b"none" if given.no_mmap else b"mmap")
        params.use_extra_bufts = False
        self._model: Any = lib.llama_model_load_from_file(given.model.encode(), params)
        if not self._model:
            raise RuntimeError(f"llama.cpp cannot load {given.model}.")
        context = lib.llama_context_default_params()
        context.n_ctx = max(given.before_prompt + given.prompt, given.before_tokens + given.tokens) + 8
        context.n_batch = context.n_ubatch = given.batch
        context.n_threads, context.n_threads_batch = given.threads_generation, given.threads_prompt
        context.flash_attn_type = (
            lib.LLAMA_FLASH_ATTN_TYPE_DISABLED if given.no_flash else lib.LLAMA_FLASH_ATTN_TYPE_ENABLED
        )
        if given.kv == "q8_0":
            context.type_k = context.type_v = _Q8_0
        self._context: Any = lib.llama_init_from_model(self._model, context)
        if not self._context:
            raise RuntimeError("llama.cpp cannot make a context for this model.")
        self._vocabulary = int(lib.llama_vocab_n_tokens(cast("Any", lib.llama_model_get_vocab(self._model))))
        self._buffer = (lib.llama_token * given.batch)()
        self._random = np.random.default_rng(1)

    def prompt(self, count: int, before: int = 0) -> float:
        """Tokens per second of evaluating `count` tokens, after so many that are not counted."""
        self._forget()
        if before:
            self._read(before)
        return self._read(count)

    def _read(self, count: int) -> float:
        tokens: list[int] = self._random.integers(0, self._vocabulary, count).tolist()
        begun = time.perf_counter()
        for start in range(0, count, self._given.batch):
            part = tokens[start : start + self._given.batch]
            self._buffer[: len(part)] = part
            self._decode(len(part))
        return count / (time.perf_counter() - begun)

    def generation(self, count: int, before: int = 0) -> float:
        """Tokens per second of generating `count` tokens, each the likeliest, after so many that were read."""
        self._forget()
        if before:
            self._read(before)
        self._buffer[0] = 0
        begun = time.perf_counter()
        for _ in range(count):
            self._decode(1)
            pointer: Any = lib.llama_get_logits_ith(self._context, -1)
            self._buffer[0] = int(np.ctypeslib.as_array(pointer, shape=(self._vocabulary,)).argmax())
        return count / (time.perf_counter() - begun)

    def _forget(self) -> None:
        lib.llama_memory_clear(cast("Any", lib.llama_get_memory(self._context)), True)

    def _decode(self, count: int) -> None:
        if lib.llama_decode(self._context, lib.llama_batch_get_one(self._buffer, count)):
            raise RuntimeError("llama.cpp could not evaluate a batch.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 with a sentence when it cannot be measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("model")
    parser.add_argument("prompt", type=int)
    parser.add_argument("tokens", type=int)
    parser.add_argument("--threads-prompt", type=int, default=1)
    parser.add_argument("--threads-generation", type=int, default=1)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--kv", choices=("f16", "q8_0"), default="f16")
    parser.add_argument("--before-prompt", type=int, default=0)
    parser.add_argument("--before-tokens", type=int, default=0)
    parser.add_argument("--no-mmap", action="store_true")
    parser.add_argument("--no-flash", action="store_true")
    given = parser.parse_args(arguments)
    silent = lib.llama_log_callback(_say_nothing)
    lib.llama_log_set(cast("Any", silent), ctypes.c_void_p(0))
    try:
        bare = Bare(given)
        # Once unmeasured, so that no page of the file is read while the clock runs.
        bare.prompt(min(given.batch, given.prompt))
        bare.generation(1)
        found = {
            "prompt": bare.prompt(given.prompt, given.before_prompt) if given.prompt else 0.0,
            "generation": bare.generation(given.tokens, given.before_tokens) if given.tokens else 0.0,
        }
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


def _say_nothing(_level: int, _text: bytes, _: ctypes.c_void_p) -> None:
    """llama.cpp's log is of no use here."""


if __name__ == "__main__":
    sys.exit(main())
