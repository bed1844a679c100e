"""What the engine sees of a model: the `Provider` protocol, its request, its events and its errors."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal, Protocol

import msgspec

ChatRole = Literal["system", "developer", "user", "assistant"]
FinishReason = Literal["stop", "eos", "length", "cancelled", "unsure"]
OPENING = 8
"""Tokens at the start of an answer in which a model decides what it will be; the rest follows from them."""


class ChatTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the conversation that the model reads."""

    role: ChatRole
    text: str


class GenerateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to generate.

    `prefill` starts the assistant turn and is not echoed. Generation ends before any of the `stop` strings, which are
    not emitted. `temperature` 0 is greedy; otherwise `top_k` (0: all) and `top_p` narrow the choice and `seed` makes it
    repeatable. `max_tokens_per_s` paces generation (0: as fast as it goes). With a `grammar` (llama.cpp's GBNF, its rule
    `root`) the answer has that form, unless `max_tokens` cuts it short. `functions`, in the form of OpenAI's function calling, go to
    the model's chat template, which says in the model's own way what can be called; templates without tools leave them out.
    Where reading what is new of the prompt would take longer than `ask_above_s` seconds (0: no matter how long), it is not
    read and `PromptHeld` tells. `repeats` says that the answer will repeat much of the prompt, as an edit does: a provider may use that to be quicker. Where the first `OPENING`
    tokens together are less likely than `least_opening` (natural logarithm at temperature 1; None: no matter), generation ends as "unsure"
    and nothing of it is told; a provider that does not see likelihoods leaves that out.
    """

    messages: tuple[ChatTurn, ...]
    prefill: str = ""
    stop: tuple[str, ...] = ()
    max_tokens: int = 256
    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    seed: int = 0
    max_tokens_per_s: float = 0.0
    grammar: str = ""
    functions: tuple[dict[str, Any], ...] = ()
    repeats: bool = False
    ask_above_s: float = 0.0
    least_opening: float | None = None


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of every provider event, named by its class in the frames of the child process."""


class LoadProgress(_Event, frozen=True, kw_only=True):
    """The model is being loaded, `fraction` 0..1."""

    fraction: float


class Loaded(_Event, frozen=True, kw_only=True):
    """The model is in memory: after `seconds`, with `rss` bytes of the whole child and room for `n_ctx` tokens."""

    seconds: float
    rss: int
    n_ctx: int
    description: str = ""


class PromptProgress(_Event, frozen=True, kw_only=True):
    """Prompt evaluation: `done` of `total` tokens to evaluate; `cached` more came from the KV cache. The rest will take
    about `seconds` at the rate that was measured here (0: none was yet)."""

    done: int
    total: int
    cached: int
    seconds: float = 0.0


class PromptHeld(_Event, frozen=True, kw_only=True):
    """The last event of a generation that was not begun: its `new` tokens would take about `seconds` to read, longer than
    the request allows unasked; `cached` more were in the KV cache, and `read` are by now, which it took to measure."""

    new: int
    cached: int
    seconds: float
    read: int = 0


class Token(_Event, frozen=True, kw_only=True):
    """New text, of one or several tokens; `tokens` counts those generated so far."""

    text: str
    tokens: int


class Finished(_Event, frozen=True, kw_only=True):
    """The last event of a generation that was begun.

    `stop_text` is the stop string that was met. `tokens_new` and `tokens_cached` add up to what the model read of the prompt,
    which had `tokens_sent` (0: only the reader was counted); `reuses` says whether a prompt that begins as the last one did and
    goes on in another way would be read from there only. `tokens_out`
    counts generated tokens, the one that ended it included only if it had text. `mean_logprob` (natural logarithm, 0
    when nothing was generated) is taken at temperature 1. `peak_rss` is in bytes,
    `threads` are those that generated last (0: not told). Of `tokens_drafted` tokens that were guessed, `tokens_accepted` were
    what the model said; `draft_gain` is how many times quicker text came that way lately (0: not known). Of
    `seconds_generation`, `seconds_inside` were spent in llama.cpp.
    """

    reason: FinishReason
    stop_text: str = ""
    tokens_out: int = 0
    tokens_new: int = 0
    tokens_cached: int = 0
    tokens_sent: int = 0
    reuses: bool = True
    prompt_rate: float = 0.0
    seconds_prompt: float = 0.0
    seconds_generation: float = 0.0
    seconds_inside: float = 0.0
    mean_logprob: float = 0.0
    peak_rss: int = 0
    threads: int = 0
    tokens_drafted: int = 0
    tokens_accepted: int = 0
    draft_gain: float = 0.0


ProviderEvent = LoadProgress | Loaded | PromptProgress | PromptHeld | Token | Finished


class InferenceError(Exception):
    """Base of all errors of a provider; its text is a sentence that a person can act on."""


class ModelMissing(InferenceError):
    """There is no model file at the path."""


class ModelBroken(InferenceError):
    """The file is no usable model: not GGUF, cut short, or of an architecture that this llama.cpp does not know."""


class ModelTooLarge(InferenceError):
    """The model would not fit into the memory that it may use."""


class MemoryAtWork(ModelTooLarge):
    """The model would fit without models that are at work, and their end is not waited for, or was for long enough."""


class PromptTooLong(InferenceError):
    """The prompt leaves no room for an answer in the context."""


class ChildDied(InferenceError):
    """The process that held the model ended; the sentence tells its signal or exit code."""


class KilledForMemory(ChildDied):
    """The kernel ended the model's process for want of memory, by all signs."""


class StalledGeneration(InferenceError):
    """Nothing was heard from the model for the allowed time; its process was ended."""


class NotReady(InferenceError):
    """The model is not loaded, or busy, or takes too long, and who asked would not wait."""


class Provider(Protocol):
    """One model that can be asked for text.

    One generation runs at a time; a second waits for the first. All methods belong to one asyncio loop.
    """

    @property
    def model(self) -> str:
        """The model's id."""
        ...

    @property
    def rss(self) -> int:
        """Bytes of memory that the loaded model takes now; 0 when it is not loaded."""
        ...

    def generate(self, request: GenerateRequest) -> AsyncGenerator[ProviderEvent, None]:
        """Events of one generation, `Finished` (or `PromptHeld`) last; loads the model first when needed. Raises `InferenceError`.

        Closing the iterator, or cancelling the task that waits in it, stops the generation within a second. A caller
        that may leave the loop early wraps the iterator in `contextlib.aclosing`.
        """
        ...

    def load(self) -> AsyncGenerator[ProviderEvent, None]:
        """Load the model where it is not loaded, ahead of the generation that will need it: `LoadProgress` and `Loaded`, or
        nothing. Raises `InferenceError`."""
        ...

    async def count_tokens(self, messages: Sequence[ChatTurn], prefill: str = "") -> int:
        """How many tokens the prompt has, by the model's own template. Raises `InferenceError`."""
        ...

    async def score(
        self, messages: Sequence[ChatTurn], candidates: Sequence[str], prefill: str = "", *, patience_s: float = 2.0
    ) -> tuple[float, ...]:
        """The log-probability (natural) of each candidate, a text of one token, right after the prompt.

        Never waits for a load or another generation, nor longer than `patience_s` seconds without progress: then it
        raises `NotReady`. Raises `InferenceError`.
        """
        ...

    async def keep(self, conversation: str) -> int:
        """Let what was evaluated last outlive this process, under the name of a conversation, where the provider can and it is
        worth it; how many tokens were written. Never loads, never waits for a generation, never raises."""
        ...

    def use_threads(self, threads: int) -> None:
        """Go on with at most this many threads, also in a running generation and after the next load; 0 takes as many as
        the model was set up with."""
        ...

    async def unload(self) -> None:
        """Give the memory back; the next generation loads again. A running generation is cancelled."""
        ...
