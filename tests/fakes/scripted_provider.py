"""A `Provider` that plays scripts: tests decide what the model says, when it waits and how it fails."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Protocol

from codey_tui.inference.provider import (
    ChatTurn,
    Finished,
    FinishReason,
    GenerateRequest,
    Loaded,
    LoadProgress,
    NotReady,
    PromptHeld,
    PromptProgress,
    ProviderEvent,
    Token,
)
from codey_tui.inference.text_stream import StopMatcher


class Gate(Protocol):
    """What a script may wait for between tokens; `asyncio.Event` is one."""

    async def wait(self) -> object: ...


Step = str | Gate | Exception
Script = Sequence[Step] | Exception | Callable[[GenerateRequest], Sequence[Step]]


class ScriptedProvider:
    """Each generation plays the next script.

    A script may be made from the request. A step is a token's text, a gate to wait for, or an exception to raise at that point. Stop strings, the token ceiling
    and cancelling work as with a real model. `requests` keeps what was asked, `cancelled` counts generations closed
    early, `playing` says whether one is open. Prompts take `seconds_per_token` to read, as it says; of longer ones than
    `reads_at_most` (0: none) it drops the beginning, as servers do that have less context than they were asked for. `scores` holds log-probabilities by text, `scored` what was asked for them.
    Its answers begin with the log-probability `opening`.
    `kept` has the conversations that were kept, each after waiting for `keeps_after`.
    """

    def __init__(self, scripts: Iterable[Script], *, model: str = "scripted", n_ctx: int = 4096) -> None:
        self.scripts: deque[Script] = deque(scripts)
        self.requests: list[GenerateRequest] = []
        self.scores: dict[str, float] = {}
        self.scored: list[str] = []
        self.kept: list[str] = []
        self.keeps_after: Gate | None = None
        self.seconds_per_token = 0.0
        self.reads_at_most = 0
        self.reuses = True
        self.opening = -0.01
        self.cancelled = 0
        self.playing = False
        self.loaded = False
        self.threads = 0
        self._model = model
        self._n_ctx = n_ctx
        self._lock = asyncio.Lock()

    @property
    def model(self) -> str:
        return self._model

    @property
    def rss(self) -> int:
        return 1024 * 1024 if self.loaded else 0

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[ProviderEvent, None]:
        async with self._lock:
            self.requests.append(request)
            tokens = await self.count_tokens(request.messages, request.prefill)
            if 0 < request.ask_above_s < tokens * self.seconds_per_token:
                yield PromptHeld(new=tokens, cached=0, seconds=tokens * self.seconds_per_token)
                return
            if not self.scripts:
                raise AssertionError(f"No script is left for generation {len(self.requests)}.")
            script = self.scripts.popleft()
            if callable(script):
                script = script(request)
            self.playing = True
            finished = False
            try:
                if not self.loaded:
                    yield LoadProgress(fraction=1.0)
                    yield Loaded(seconds=0.01, rss=1024 * 1024, n_ctx=self._n_ctx)
                    self.loaded = True
                if isinstance(script, Exception):
                    finished = True
                    raise script
                async for event in self._play(request, script):
                    finished = isinstance(event, Finished)
                    yield event
            except Exception:
                finished = True
                raise
            finally:
                self.playing = False
                if not finished:
                    self.cancelled += 1

    async def _play(self, request: GenerateRequest, script: Sequence[Step]) -> AsyncGenerator[ProviderEvent, None]:
        prompt = await self.count_tokens(request.messages, request.prefill)
        prompt = min(prompt, self.reads_at_most or prompt)
        yield PromptProgress(done=prompt, total=prompt, cached=0)
        if request.least_opening is not None and self.opening < request.least_opening:
            yield Finished(reason="unsure", tokens_out=1, tokens_new=prompt, mean_logprob=self.opening)
            return
        matcher = StopMatcher(request.stop)
        count = 0
        reason: FinishReason = "eos"
        for step in script:
            if isinstance(step, Exception):
                raise step
            if not isinstance(step, str):
                await step.wait()
                continue
            count += 1
            text = matcher.feed(step)
            if text:
                yield Token(text=text, tokens=count)
            await asyncio.sleep(0)  # as a real stream does, let others run between tokens
            if matcher.stopped:
                reason = "stop"
                break
            if count >= request.max_tokens:
                reason = "length"
                break
        rest = matcher.close()
        if rest:
            yield Token(text=rest, tokens=count)
        yield Finished(
            reason=reason,
            stop_text=matcher.stopped,
            tokens_out=count,
            tokens_new=prompt,
            reuses=self.reuses,
            seconds_prompt=0.001,
            seconds_generation=0.001 * count,
            mean_logprob=-0.1 if count else 0.0,
            peak_rss=1024 * 1024,
        )

    async def load(self) -> AsyncGenerator[ProviderEvent, None]:
        """Loads at once."""
        async with self._lock:
            if not self.loaded:
                yield LoadProgress(fraction=1.0)
                yield Loaded(seconds=0.01, rss=1024 * 1024, n_ctx=self._n_ctx)
                self.loaded = True

    async def count_tokens(self, messages: Sequence[ChatTurn], prefill: str = "") -> int:
        """About four characters a token, as English and code have."""
        return sum(len(turn.text) // 4 + 4 for turn in messages) + len(prefill) // 4

    async def score(
        self, messages: Sequence[ChatTurn], candidates: Sequence[str], prefill: str = "", *, patience_s: float = 2.0
    ) -> tuple[float, ...]:
        """What `scores` says of the candidates, where it is loaded and idle."""
        if not self.loaded or self._lock.locked():
            raise NotReady("The scripted model is not loaded or busy.")
        self.scored.append(messages[-1].text)
        return tuple(self.scores.get(candidate, -20.0) for candidate in candidates)

    def use_threads(self, threads: int) -> None:
        self.threads = threads

    async def keep(self, conversation: str) -> int:
        async with self._lock:
            if self.keeps_after is not None:
                await self.keeps_after.wait()
            self.kept.append(conversation)
        return 0

    async def unload(self) -> None:
        self.loaded = False
