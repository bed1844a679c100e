"""How likely a loaded model finds each of a few tokens right after a prompt: one pass over the prompt, nothing generated."""

import math
import threading
from collections.abc import Callable

import numpy as np

from codey_tui.inference.frames import FromChild, Score, Scored
from codey_tui.inference.provider import PromptProgress
from codey_tui.inference.runtime import Aborted, Runtime, RuntimeFailed
from codey_tui.inference.sampling import Logits


def score(runtime: Runtime, command: Score, emit: Callable[[FromChild], None], stop: threading.Event) -> Scored:
    """The natural logarithm of each candidate's probability among all tokens; none of them when it was cancelled.

    It is asked in a sequence of its own: what the KV cache holds of the conversation stays. Raises `RuntimeFailed`.
    """
    tokens = [_single(runtime, text) for text in command.candidates]
    prompt = runtime.prompt_tokens(command.messages, command.prefill)
    if not 0 < len(prompt) <= runtime.n_ctx:
        raise RuntimeFailed("too_long", f"The prompt has {len(prompt):,} tokens; 1 to {runtime.n_ctx:,} can be read.")
    cached = runtime.begin_aside(prompt)
    try:
        for start in range(cached, len(prompt), runtime.options.n_batch):
            if stop.is_set():
                return Scored(logprobs=())
            batch = prompt[start : start + runtime.options.n_batch]
            runtime.evaluate_aside(batch, start)
            emit(PromptProgress(done=start + len(batch) - cached, total=len(prompt) - cached, cached=cached))
        return Scored(logprobs=_logprobs(runtime.logits(), tokens))
    except Aborted:
        return Scored(logprobs=())
    finally:
        runtime.memory.end_aside()


def _single(runtime: Runtime, text: str) -> int:
    """The one token that a text is, control tokens included."""
    found = runtime.token_of(text)
    if found is None:
        raise RuntimeFailed("other", f"This model has no single token for {text!r}, so it cannot be asked for it.")
    return found


def _logprobs(logits: Logits, tokens: list[int]) -> tuple[float, ...]:
    peak = float(logits.max())
    if not math.isfinite(peak):
        raise RuntimeFailed("broken", "The model computes no numbers; its file is probably damaged.")
    total = peak + math.log(float(np.exp(logits - np.float32(peak)).sum()))
    return tuple(float(logits[token]) - total for token in tokens)
