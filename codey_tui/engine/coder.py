"""The coder: asks a provider for text and turns what it reports into events, while a caller takes the text."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from codey_tui.engine.errors import TurnFailed
from codey_tui.engine.prompt import EARLIER, Prompt, tokens_lost
from codey_tui.engine.reading import NO_REUSE, Reading
from codey_tui.inference import provider as inf
from codey_tui.inference.waiting import impatient
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures, ModelInfo, ModelState

Take = Callable[[str, int], bool]


class BeyondModel(TurnFailed):
    """The model said, or its confidence says, that this is beyond it; nothing of it is kept."""

    beyond = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, can_retry=False)


@dataclass(frozen=True)
class Honesty:
    """How a model says that a request is beyond it: a token of its own, or log-probabilities (natural logarithm) below thresholds that
    were measured for it: `least_opening` of its first tokens together, before anything of them is shown, and `min_mean_logprob` on average
    of all. `scope` is one sentence about what it can do."""

    beyond_token: str = ""
    least_opening: float | None = None
    min_mean_logprob: float | None = None
    scope: str = ""

    def sentence(self, title: str) -> str:
        """What the person is told."""
        can = f" {self.scope.strip()}" if self.scope else ""
        return (
            f"This is beyond {title}, so nothing was written.{can} "
            "For more, pull a larger model with `codey models pull NAME`; `codey models list` shows which fit this machine."
        )


@dataclass(frozen=True)
class Sampling:
    """How text is drawn: temperature (0 is greedy), and a pace in tokens per second (0: none) that keeps phones cool."""

    temperature: float = 0.0
    max_tokens_per_s: float = 0.0


@dataclass
class Totals:
    """Sums over the generations of a turn; `peak_rss` in bytes."""

    tokens_new: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_lost: int = 0
    generation_seconds: float = 0.0
    peak_rss: int = 0

    def add(self, finished: inf.Finished) -> None:
        """Count one generation."""
        self.tokens_new += finished.tokens_new
        self.tokens_cached += finished.tokens_cached
        self.tokens_out += finished.tokens_out
        self.tokens_lost += max(0, finished.tokens_sent - finished.tokens_new - finished.tokens_cached)
        self.generation_seconds += finished.seconds_generation
        self.peak_rss = max(self.peak_rss, finished.peak_rss)

    def since(self, before: "Totals") -> "Totals":
        """What was added since an earlier copy; the peak stays that of the whole."""
        return Totals(
            tokens_new=self.tokens_new - before.tokens_new,
            tokens_cached=self.tokens_cached - before.tokens_cached,
            tokens_out=self.tokens_out - before.tokens_out,
            tokens_lost=self.tokens_lost - before.tokens_lost,
            generation_seconds=self.generation_seconds - before.generation_seconds,
            peak_rss=self.peak_rss,
        )

    def figures(self, seconds: float, files: tuple[str, ...] = ()) -> Figures:
        """The sums as they travel in events."""
        return Figures(
            tokens_new=self.tokens_new,
            tokens_cached=self.tokens_cached,
            tokens_out=self.tokens_out,
            tokens_lost=self.tokens_lost,
            generation_seconds=self.generation_seconds,
            peak_rss=self.peak_rss,
            seconds=seconds,
            files=files,
        )


class Coder:
    """One model as the turn uses it."""

    def __init__(
        self,
        provider: inf.Provider,
        info: ModelInfo,
        honesty: Honesty,
        sampling: Sampling,
        emit: Callable[[ev.Event], None],
        reading: Reading,
        *,
        slots: bool = False,
    ) -> None:
        self._provider = provider
        self._info = info
        self._honesty = honesty
        self._sampling = sampling
        self._emit = emit
        self._reading = reading
        self.slots = slots
        """Whether the model was trained to read and write slots in place of names."""

    @property
    def beyond_sentence(self) -> str:
        """What the person is told of something that the model cannot do."""
        return self._honesty.sentence(self._info.title)

    @property
    def scope(self) -> str:
        """What the model says it can do, as one line that names it; empty for a model that says nothing of itself."""
        return f"{self._info.title}: {self._honesty.scope}" if self._honesty.scope else ""

    @property
    def n_ctx(self) -> int:
        """Tokens of context that the model may have."""
        return self._info.n_ctx

    async def preload(self) -> None:
        """Load the model ahead of its first use, and tell how far it is. No model at work is waited for: nobody would end that
        wait with the turn. Raises an `InferenceError` of the provider."""
        with impatient(0):
            async with aclosing(self._provider.load()) as events, self._told_of_failure():
                async for event in events:
                    match event:
                        case inf.LoadProgress(fraction=fraction):
                            self._loading(fraction)
                        case inf.Loaded(rss=rss, n_ctx=n_ctx):
                            self._changed("ready", rss=rss, n_ctx=n_ctx)
                        case _:
                            continue

    async def count(self, messages: tuple[inf.ChatTurn, ...], prefill: str = "") -> int:
        """Tokens of a prompt, by the model's own tokenizer."""
        return await self._provider.count_tokens(messages, prefill)

    async def stream(
        self,
        stream: str,
        messages: tuple[inf.ChatTurn, ...],
        take: Take,
        *,
        prefill: str = "",
        stop: tuple[str, ...] = (),
        max_tokens: int,
        repeats: bool = False,
    ) -> inf.Finished:
        """Generate; every piece of text goes to `take(text, tokens_so_far)`, which says False to stop the generation.

        The earlier turns of the session go along, unless the model knows slots: it was trained without any. A person is
        asked before a prompt is read that takes long. Raises `BeyondModel`, `TurnRejected`, or an `InferenceError` of
        the provider.
        """
        reading = self._reading
        prompt = Prompt(messages) if self.slots else reading.prompt(messages, max_tokens, self.n_ctx)
        request = inf.GenerateRequest(
            messages=prompt.messages,
            prefill=prefill,
            stop=stop,
            max_tokens=max_tokens,
            temperature=self._sampling.temperature,
            max_tokens_per_s=self._sampling.max_tokens_per_s,
            repeats=repeats,
            ask_above_s=reading.ask_above_s,
            least_opening=self._honesty.least_opening,
        )
        measured = 0
        while True:
            try:
                ended = await self._generate(stream, request, take)
            except inf.PromptTooLong:
                if not prompt.earlier:
                    raise
                prompt = prompt.without((EARLIER,))  # there is less room than was estimated
                reading.conversation.forget()
                request = replace(request, messages=prompt.messages)
                continue
            if isinstance(ended, inf.Finished):
                again = min(measured, ended.tokens_cached)  # read in this turn, before the question
                ended = replace(ended, tokens_cached=ended.tokens_cached - again, tokens_new=ended.tokens_new + again)
                return self._accounted(ended, prompt)
            measured = ended.read
            prompt = await reading.decide(stream, ended, prompt, self._emit)
            request = replace(request, messages=prompt.messages, ask_above_s=0.0)

    def remember(self, request: str, answer: str) -> None:
        """Let the next turns of the session know of an exchange."""
        self._reading.conversation.add(request, answer)

    def _accounted(self, finished: inf.Finished, prompt: Prompt) -> inf.Finished:
        """The figures with what was sent for certain; tells of what was lost, and of a model that cannot go back."""
        read = finished.tokens_new + finished.tokens_cached
        if lost := tokens_lost(finished, prompt.messages):
            text = (
                f"{self._info.title} read {read:,} of {read + lost:,} tokens: the beginning of the prompt was lost, so what it "
                "wrote cannot be trusted. Use a larger context, or leave something out."
            )
            self._emit(ev.Noticed(level="warning", text=text))
        if not finished.reuses and self._info.id not in self._reading.told:
            self._reading.told.add(self._info.id)
            self._emit(ev.Noticed(level="info", text=NO_REUSE.format(title=self._info.title)))
        return replace(finished, tokens_sent=read + lost)

    async def _generate(self, stream: str, request: inf.GenerateRequest, take: Take) -> inf.Finished | inf.PromptHeld:
        """One try of a request; it ends without text where reading it would take too long."""
        gate = _BeyondGate(self._honesty.beyond_token)
        tokens = 0
        cached = new = done = 0
        async with aclosing(self._provider.generate(request)) as events, self._told_of_failure():
            async for event in events:
                match event:
                    case inf.Token(text=text, tokens=tokens):
                        passed = gate.feed(text)
                        if gate.beyond:
                            raise BeyondModel(self.beyond_sentence)
                        if passed and not take(passed, tokens):
                            return inf.Finished(
                                reason="cancelled",
                                tokens_out=tokens,
                                tokens_new=done,
                                tokens_cached=cached,
                                tokens_sent=new + cached,
                            )
                    case inf.PromptProgress(done=done, total=new, cached=cached, seconds=left):
                        self._emit(ev.PromptEvaluated(stream=stream, done=done, total=new, cached=cached, seconds=left))
                    case inf.LoadProgress(fraction=fraction):
                        self._loading(fraction)
                    case inf.Loaded(rss=rss, n_ctx=n_ctx):
                        self._changed("ready", rss=rss, n_ctx=n_ctx)
                    case inf.PromptHeld():
                        return event
                    case inf.Finished():
                        self._check_confidence(event)
                        if rest := gate.close():
                            take(rest, tokens)
                        return event
        raise inf.ChildDied("The model stopped answering before it was done. Try again with /retry.")

    @asynccontextmanager
    async def _told_of_failure(self) -> AsyncGenerator[None]:
        """Nobody is left with a model that loads for ever, or that is shown as ready after its process has died."""
        try:
            yield
        except inf.MemoryAtWork:
            self._changed("idle")  # nothing is wrong with it
            raise
        except (inf.ModelMissing, inf.ModelBroken, inf.ModelTooLarge) as error:
            self._changed("failed", problem=str(error))
            raise
        except (inf.ChildDied, inf.StalledGeneration):
            self._changed("idle")
            raise
        except BaseException:
            if self._info.state == "loading":
                self._changed("idle")
            raise

    def _loading(self, fraction: float) -> None:
        if self._info.state != "loading":
            self._changed("loading")
        self._emit(ev.ModelLoadProgressed(model=self._info.id, fraction=fraction))

    def _changed(self, state: ModelState, *, rss: int = 0, n_ctx: int = 0, problem: str = "") -> None:
        old = self._info
        self._info = replace(old, state=state, rss=rss, n_ctx=n_ctx or old.n_ctx, problem=problem)
        self._emit(ev.ModelChanged(model=self._info))

    def _check_confidence(self, finished: inf.Finished) -> None:
        if finished.reason == "unsure":
            raise BeyondModel(self.beyond_sentence)
        least = self._honesty.min_mean_logprob
        if least is not None and finished.tokens_out > 0 and finished.mean_logprob < least:
            raise BeyondModel(self.beyond_sentence)


class _BeyondGate:
    """Holds the first characters back until it is clear whether they are the model's token for "beyond me"."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._held = ""
        self._open = not token
        self.beyond = False

    def feed(self, text: str) -> str:
        if self._open:
            return text
        self._held += text
        start = self._held.lstrip()
        if start.startswith(self._token):
            self.beyond = True
            return ""
        if self._token.startswith(start):
            return ""
        self._open = True
        return self._held

    def close(self) -> str:
        return "" if self._open or self.beyond else self._held
