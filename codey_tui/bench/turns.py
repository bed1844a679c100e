"""Takes turns with an engine, as a client does, and notes when its events arrive: the clock of a person, not of a part."""

import asyncio
import queue
import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from codey_tui.protocol.actions import Verdict
from codey_tui.protocol.client import Client
from codey_tui.protocol.events import (
    ActionProposed,
    Envelope,
    GaugesRead,
    ModelChanged,
    PlanProposed,
    PromptEvaluated,
    TokensGenerated,
    TurnEnded,
    TurnResult,
    TurnStarted,
)
from codey_tui.protocol.ops import CancelTurn, DecideAction, DecidePlan, SubmitPrompt
from codey_tui.protocol.queries import GetStatus

SILENCE_S = 600.0
"""Seconds without any event, readings of the machine left aside, after which a measurement is given up."""


class BenchFailed(Exception):
    """Something cannot be measured here; the sentence says why."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a client saw of one turn; seconds by its own clock, from the moment in which the prompt was submitted.

    `evaluated` of the `tokens_new` were evaluated in `prompt_s` between the first and the last news of it, which
    came after `read_s`; `generated` tokens came in `generation_s` after the first text; `load_s` passed until the model was loaded (0: it was already); `late_s` is for how long each event of the turn was on its way from
    the engine.
    """

    tokens_new: int
    tokens_cached: int
    evaluated: int
    prompt_s: float
    read_s: float
    first_text_s: float
    load_s: float
    generated: int
    generation_s: float
    late_s: tuple[float, ...]
    result: TurnResult
    reason: str

    @property
    def prompt_rate(self) -> float:
        """Tokens per second of prompt evaluation; 0 where it was too short to be timed."""
        return self.evaluated / self.prompt_s if self.prompt_s > 0 else 0.0

    @property
    def generation_rate(self) -> float:
        """Tokens per second of generation; 0 where fewer than two pieces of text came."""
        return self.generated / self.generation_s if self.generation_s > 0 else 0.0


class _Notes:
    """What is noted while a turn runs. Times are of `time.monotonic`."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.loaded = 0.0
        self.evaluating: list[tuple[float, PromptEvaluated]] = []
        self.texts: list[tuple[float, int]] = []
        self.late: list[float] = []

    def turn(self, ended: TurnEnded) -> Turn:
        # The first evaluation of the turn: a later chunk begins its own. News that waits for a slow reader is merged.
        news = self.evaluating
        for place, (_, seen) in enumerate(news):
            if seen.done == seen.total:
                news = news[: place + 1]
                break
        texts = self.texts
        return Turn(
            tokens_new=news[-1][1].total if news else 0,
            tokens_cached=news[-1][1].cached if news else 0,
            evaluated=news[-1][1].done - news[0][1].done if news else 0,
            prompt_s=news[-1][0] - news[0][0] if news else 0.0,
            read_s=news[-1][0] - self.begun if news else 0.0,
            first_text_s=texts[0][0] - self.begun if texts else 0.0,
            load_s=self.loaded - self.begun if self.loaded else 0.0,
            generated=texts[-1][1] - texts[0][1] if texts else 0,
            generation_s=texts[-1][0] - texts[0][0] if texts else 0.0,
            late_s=tuple(self.late),
            result=ended.result,
            reason=ended.reason,
        )


class Watcher:
    """Listens to an engine and takes turns with it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._heard: queue.SimpleQueue[tuple[float, float, Envelope]] = queue.SimpleQueue()
        self.leave = client.listen(self._hear)

    def _hear(self, envelope: Envelope) -> None:
        if not isinstance(envelope.event, GaugesRead):
            self._heard.put((time.monotonic(), time.time(), envelope))

    def turn(self, text: str, *, kind: Literal["question", "code"] = "question", tokens: int = 1) -> Turn:
        """One turn, stopped once `tokens` were generated and, where that is more than one, came in two pieces at least. A plan is
        allowed without its commands, an action rejected: only text is wanted. Raises BenchFailed when the engine falls silent or
        the model cannot be used."""
        notes = _Notes()
        self._client.submit(SubmitPrompt(text=text, kind=kind))
        started = cancelled = False
        stream = ""
        while True:
            at, clock, envelope = self._next()
            event = envelope.event
            if not started:  # what is replayed, or left over from before
                started = isinstance(event, TurnStarted) and event.message.text == text
                continue
            notes.late.append(max(0.0, clock - envelope.at))
            match event:
                case ModelChanged(model=model) if model.state == "ready":
                    notes.loaded = at
                case PromptEvaluated():
                    notes.evaluating.append((at, event))
                case TokensGenerated() if not stream or stream == event.stream:
                    stream = event.stream
                    notes.texts.append((at, event.tokens))
                    # A quick model has said many tokens when the first piece comes: only a second one tells how fast.
                    if event.tokens >= tokens and (tokens == 1 or len(notes.texts) > 1) and not cancelled:
                        self._client.submit(CancelTurn())
                        cancelled = True
                case PlanProposed(plan=plan):
                    wanted = tuple(chunk.id for chunk in plan.chunks if chunk.kind != "command")[:1]
                    self._client.submit(DecidePlan(plan_id=plan.id, verdict=_verdict(wanted), chunks=wanted))
                case ActionProposed(action=action):
                    self._client.submit(DecideAction(action_id=action.id, verdict="reject"))
                case TurnEnded():
                    return notes.turn(event)
                case _:
                    pass

    def rest(self) -> None:
        """Wait until the engine does nothing, also none of what follows a turn, such as keeping what was read. Raises BenchFailed."""
        end = time.monotonic() + SILENCE_S
        while asyncio.run(self._client.ask(GetStatus())).busy:
            if time.monotonic() > end:
                raise BenchFailed(f"The engine did not come to rest within {SILENCE_S:g} s.")
            time.sleep(0.02)

    def _next(self) -> tuple[float, float, Envelope]:
        try:
            return self._heard.get(timeout=SILENCE_S)
        except queue.Empty:
            raise BenchFailed(f"Nothing was heard of the engine for {SILENCE_S:g} s.") from None


def _verdict(chunks: Sequence[str]) -> Verdict:
    return "allow" if chunks else "reject"
