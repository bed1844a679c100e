"""One generation in the child: prompt evaluation, the decode loop, pacing, and the frames that tell of it."""

import contextlib
import threading
import time
from collections.abc import Callable

from codey_tui.inference.frames import Alive, FromChild
from codey_tui.inference.grammar import GrammarFailed
from codey_tui.inference.kv_state import KvStates
from codey_tui.inference.lookup import Lookup, Plain
from codey_tui.inference.lookup_payoff import LEAST_DRAFT
from codey_tui.inference.provider import (
    OPENING,
    Finished,
    FinishReason,
    GenerateRequest,
    PromptHeld,
    PromptProgress,
    Token,
)
from codey_tui.inference.runtime import Aborted, Runtime, RuntimeFailed
from codey_tui.inference.sampling import GREEDY_BELOW, Logits, NotNumbers, Sampler
from codey_tui.inference.text_stream import TextStream

# Text of tokens that come faster than this (seconds) travels in one frame: each costs the engine and every screen CPU that the
# model would use, and a screen paints no more than ten times a second.
_JOIN_WITHIN = 0.05
# Before a wait of this length (seconds) nothing is held back: a paced model has the time.
_LONG_WAIT = 0.01
# With nothing to show for this long (seconds), a frame says that work goes on.
_ALIVE_EVERY = 1.0


class _Outlet:
    """Joins the text of quick tokens into one frame."""

    def __init__(self, emit: Callable[[FromChild], None]) -> None:
        self._emit = emit
        self._text = ""
        self._sent = 0.0

    def add(self, text: str, tokens: int) -> None:
        self._text += text
        now = time.monotonic()
        if self._text and now - self._sent >= _JOIN_WITHIN:
            self.flush(tokens)
        elif now - self._sent >= _ALIVE_EVERY:
            self._emit(Alive(tokens=tokens))
            self._sent = now

    def flush(self, tokens: int) -> None:
        if self._text:
            self._emit(Token(text=self._text, tokens=tokens))
            self._text = ""
            self._sent = time.monotonic()


class Generation:
    """Runs one request on a loaded model. `stop` is set by another thread to cancel it."""

    def __init__(
        self,
        runtime: Runtime,
        states: KvStates,
        request: GenerateRequest,
        emit: Callable[[FromChild], None],
        stop: threading.Event,
    ) -> None:
        self._runtime = runtime
        self._states = states
        self._request = request
        self._emit = emit
        self._stop = stop
        self._stream = TextStream(request.stop)
        self._outlet = _Outlet(emit)
        self._out = 0
        self._logprob = 0.0
        self._held = ""
        self._steps = Plain(runtime)
        self._inside = 0.0

    def run(self, peak_rss: Callable[[], int]) -> Finished | PromptHeld:
        """The whole generation, or why it was not begun. Raises `RuntimeFailed`; the KV cache stays usable in any case."""
        prompt = self._runtime.prompt_tokens(self._request.messages, self._request.prefill, self._request.functions)
        room = self._runtime.n_ctx - len(prompt)
        if room < 1 or not prompt:
            raise RuntimeFailed("too_long", _too_long(len(prompt), self._runtime.n_ctx))
        started = time.monotonic()
        self._states.prepare(prompt, self._request)
        cached = self._runtime.keep_prefix(prompt)
        reason: FinishReason = "cancelled"
        evaluated = started
        read = 0
        try:
            held = self._evaluate(prompt, cached)
            if held is not None:
                return held
            read = self._runtime.remembered
            evaluated = time.monotonic()
            before = self._runtime.seconds
            reason = self._decode(min(self._request.max_tokens, room))
            self._inside = self._runtime.seconds - before
        except Aborted:
            evaluated = evaluated if evaluated > started else time.monotonic()
            read = read or len(prompt)
        except GrammarFailed as error:
            raise RuntimeFailed("other", str(error)) from error
        except NotNumbers:
            raise RuntimeFailed("broken", "The model computes no numbers; its file is probably damaged.") from None
        if reason != "unsure":
            self._outlet.add(self._held + self._stream.close(), self._out)
        self._outlet.flush(self._out)
        return Finished(
            reason=reason,
            stop_text=self._stream.stopped,
            tokens_out=self._out,
            tokens_new=max(0, read - cached),
            tokens_cached=min(cached, read),
            tokens_sent=len(prompt),
            reuses=self._runtime.can_cut,
            prompt_rate=self._runtime.prompt_rate,
            seconds_prompt=evaluated - started,
            seconds_generation=time.monotonic() - evaluated,
            seconds_inside=self._inside,
            mean_logprob=self._logprob / self._out if self._out else 0.0,
            peak_rss=peak_rss(),
            threads=self._runtime.threads,
            tokens_drafted=self._steps.drafted,
            tokens_accepted=self._steps.accepted,
            draft_gain=self._steps.gain,
        )

    def _evaluate(self, prompt: list[int], cached: int) -> PromptHeld | None:
        """Read what is new of the prompt, unless it would take longer than is allowed unasked."""
        total, runtime = len(prompt) - cached, self._runtime
        step = runtime.options.n_batch

        def told(done: int) -> None:
            seconds = runtime.seconds_for(total - done)
            self._emit(PromptProgress(done=done, total=total, cached=cached, seconds=seconds))

        told(0)
        forecast = False
        for start in range(cached, len(prompt), step):
            if self._stop.is_set():
                raise Aborted
            # Where nothing was measured yet, the first batch tells; it stays in the cache, so nothing of it is lost.
            if not forecast and runtime.prompt_rate > 0:
                forecast, seconds = True, runtime.seconds_for(len(prompt) - start)
                if 0 < self._request.ask_above_s < seconds:
                    return PromptHeld(new=len(prompt) - start, cached=cached, seconds=seconds, read=start - cached)
            batch = prompt[start : start + step]
            runtime.evaluate(batch)
            told(min(start + len(batch), runtime.remembered) - cached)
        return None

    def _decode(self, limit: int) -> FinishReason:
        request, runtime = self._request, self._runtime
        sampler = Sampler(temperature=request.temperature, top_k=request.top_k, top_p=request.top_p, seed=request.seed)
        if not request.grammar:
            # With a temperature, the same seed could give another text whenever a draft was made at another place.
            if request.repeats and request.temperature < GREEDY_BELOW and runtime.draft_limit >= LEAST_DRAFT:
                self._steps = Lookup(runtime)
            with contextlib.closing(self._steps):
                return self._say(limit, sampler.choose)
        with contextlib.closing(runtime.grammar(request.grammar)) as grammar:
            return self._say(limit, lambda logits: grammar.choose(logits, sampler))

    def _say(self, limit: int, choose: Callable[[Logits], tuple[int, float]]) -> FinishReason:
        """Token after token, as `choose` draws them."""
        request, runtime, stream, steps = self._request, self._runtime, self._stream, self._steps
        started = time.monotonic()
        while self._out < limit:
            if self._stop.is_set():
                return "cancelled"
            token, logprob = choose(steps.logits())
            ends = runtime.is_end(token)
            piece = runtime.piece(token)
            if ends and not piece:
                return "eos"
            self._out += 1
            self._logprob += logprob
            self._tell(stream.feed(piece))
            if self._unsure():
                return "unsure"
            if stream.stopped:
                return "stop"
            if ends:
                return "eos"
            if self._out >= limit:
                break
            if request.max_tokens_per_s > 0 and not self._opening:
                self._pace(started + self._out / request.max_tokens_per_s)
            steps.advance(token, limit - self._out)
        return "length"

    @property
    def _opening(self) -> bool:
        """Whether it is not yet clear that the model knows what to say."""
        return self._request.least_opening is not None and self._out < OPENING

    def _unsure(self) -> bool:
        least = self._request.least_opening
        return least is not None and self._out <= OPENING and self._logprob < least

    def _tell(self, text: str) -> None:
        """Text goes out once the opening is likely enough."""
        self._held += text
        if self._opening:
            return
        self._outlet.add(self._held, self._out)
        self._held = ""

    def _pace(self, due: float) -> None:
        """Wait until the next token is due; a cancel ends the wait."""
        wait = due - time.monotonic()
        if wait >= _LONG_WAIT:
            self._outlet.flush(self._out)
        while wait > 0 and not self._stop.wait(min(wait, _ALIVE_EVERY)):
            self._outlet.add("", self._out)
            wait = due - time.monotonic()


def _too_long(prompt: int, n_ctx: int) -> str:
    if not prompt:
        return "The prompt is empty, so there is nothing to answer."
    return (
        f"The prompt has {prompt:,} tokens, but the context holds {n_ctx:,} with the answer. "
        "Leave something out, or raise context_tokens where the model allows it."
    )
