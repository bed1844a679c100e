"""A turn: from the words of a person to the end of the work, as one readable sequence."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from codey_tui.engine import prompts, reports
from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.care import Care
from codey_tui.engine.chunk_runner import ChunkRunner
from codey_tui.engine.context import question_context
from codey_tui.engine.errors import EngineError, TurnFailed, TurnRejected
from codey_tui.engine.masking import is_masked
from codey_tui.engine.terminal_text import Cleaner
from codey_tui.engine.turn_state import TurnState
from codey_tui.inference.provider import ChatTurn, InferenceError
from codey_tui.protocol import events as ev
from codey_tui.protocol.chat import Message
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk, ChunkState, Plan
from codey_tui.store.connection import StoreError

_ABOUT_CODEY = frozenset({"rule:greeting", "rule:help"})
"""Who decided that a person asks what Codey can do: then the model says what it can."""

FORGOTTEN = (
    "A key stood in this request where a placeholder stands now: keys are kept in no file, and the engine that knew it has "
    "ended. Write the request again, with the key."
)
ANSWER_TOKENS = 512
"""Ceiling of an answer to a question, in tokens."""


@dataclass(frozen=True)
class TurnParts:
    """The policy that a turn asks: how to route a request and its steps, how to plan, who approves; and the clock for messages."""

    route: Callable[[str], Awaitable[Route]]
    steps: Callable[[str], Awaitable[Mapping[str, Route]]]
    plan: Callable[[str, Route, tuple[str, ...], Mapping[str, Route]], Plan]
    approvals: Approvals
    clock: Callable[[], float]
    model_problem: Callable[[], str]  # why the model cannot be used now, a sentence; empty when it can
    care: Care
    preload: Callable[[], object]  # begins to load the model, which the plan will need


@dataclass(frozen=True)
class Resumption:
    """What a retry goes on from: the chunks of the decided plan that are not done yet."""

    plan: Plan


class Turn:
    """One turn. `run` emits everything that happens, `TurnEnded` last, whatever happens."""

    def __init__(self, state: TurnState, parts: TurnParts, resume: Resumption | None = None) -> None:
        self._state = state
        self._parts = parts
        self._resume = resume

    async def run(self) -> None:
        """The whole turn. Cancelling the task that runs it cancels the turn."""
        state = self._state
        self._parts.care.begin_turn()
        state.emit(ev.TurnStarted(message=self._message("user", state.said), files=state.files))
        beyond = False
        try:
            result, reason, can_retry = await self._work()
        except asyncio.CancelledError:
            result, reason, can_retry = (
                "cancelled",
                "Cancelled. What whole chunks wrote is kept; /undo takes it back.",
                True,
            )
        except TurnRejected as error:
            result, reason, can_retry = "rejected", str(error), False
        except TurnFailed as error:
            result, reason, can_retry, beyond = "failed", str(error), error.can_retry, error.beyond
        except (EngineError, InferenceError, StoreError, OSError) as error:
            result, reason, can_retry = "failed", str(error), True
        self._settle_checkpoints()
        figures = replace(state.totals.figures(state.seconds, tuple(state.written)), slowed=self._parts.care.slowed())
        state.emit(
            ev.TurnEnded(
                result=result,
                figures=figures,
                reason=reason,
                can_retry=can_retry,
                beyond=beyond,
                untrusted=reports.of_loss(figures.tokens_lost),
            )
        )

    def _settle_checkpoints(self) -> None:
        """What a cancellation or an error left unnoted: undo must know this turn's files from those of a person."""
        try:
            self._state.after_changes()
        except (EngineError, OSError) as error:
            self._state.emit(ev.Noticed(level="warning", text=f"{error} Undo may take a later change for this turn's."))

    async def _work(self) -> tuple[ev.TurnResult, str, bool]:
        if is_masked(self._state.request):
            raise TurnFailed(FORGOTTEN, can_retry=False)
        if self._resume is not None:
            return await self._run_plan(self._resume.plan)
        state = self._state
        route = await self._parts.route(state.request)
        state.emit(ev.RouteChosen(route=route))
        match route.kind:
            case "calc" | "clarify":
                about = state.coder.scope if route.decided_by in _ABOUT_CODEY else ""
                self._say(f"{route.reply}\n\n{about}" if about else route.reply)
                return "done", "", False
            case "tool":
                return await self._call_tool(route)
            case "question":
                await self._check_model()
                await self._answer()
                return "done", "", False
            case "code" | "steps" | "fullstack":
                steps: Mapping[str, Route] = {}
                if route.kind == "steps":
                    steps = await self._parts.steps(state.request)
                plan = self._parts.plan(state.request, route, state.files, steps)
                if any(chunk.kind != "command" for chunk in plan.chunks):
                    await self._check_model()
                return await self._run_plan(await self._decide(plan))

    async def _check_model(self) -> None:
        """A model that cannot be loaded is told about before anyone reads a plan that it could not carry out."""
        if problem := await asyncio.to_thread(self._parts.model_problem):
            raise TurnFailed(f"{problem} Choose another with /model, or mend it and /retry.")

    async def _call_tool(self, route: Route) -> tuple[ev.TurnResult, str, bool]:
        settled = await self._state.executor.call(self._state.scope, route.tool, dict(route.args))
        if settled.result is None:
            raise TurnRejected(f"Not run: {settled.reason}" if settled.reason else "Not run.")
        return ("done", "", False) if settled.result.ok else ("failed", settled.result.summary, True)

    async def _answer(self) -> None:
        """A question: the answer streams into a message, with the files that the person named as context."""
        state = self._state
        message_id = uuid.uuid4().hex
        parts: list[str] = []
        length = 0
        clean = Cleaner()

        def take(text: str, tokens: int) -> bool:
            nonlocal length
            text = clean.feed(text)
            if not text:
                return True
            state.emit(ev.TokensGenerated(stream=message_id, offset=length, text=text, tokens=tokens))
            parts.append(text)
            length += len(text)
            return True

        context = question_context(state.request, state.workspace, state.files, self._context_tokens())
        messages = (
            ChatTurn(role="system", text=prompts.system()),
            ChatTurn(role="user", text=prompts.question(state.request, context=context)),
        )
        try:
            finished = await state.coder.stream(message_id, messages, take, max_tokens=ANSWER_TOKENS)
        except BaseException:
            if parts:
                self._say("".join(parts), message_id)
            raise
        state.totals.add(finished)
        if not parts:
            raise TurnFailed("The model had no answer. Put the question in other words, or use a larger model.")
        answer = "".join(parts)
        state.coder.remember(messages[-1].text, answer)
        self._say(answer, message_id)

    async def _decide(self, plan: Plan) -> Plan:
        """Ask for the plan, unless the mode allows it by itself; the chunks come back as they were approved."""
        state, approvals = self._state, self._parts.approvals
        state.emit(ev.PlanProposed(plan=plan))
        if approvals.mode == "auto":
            decision = Decision("allow", "policy")
        else:
            if approvals.mode != "plan" and any(chunk.kind != "command" for chunk in plan.chunks):
                self._parts.preload()  # while the person reads
            try:
                decision = await approvals.ask(plan.id)
            except asyncio.CancelledError:
                decided = Decision("reject", "cancel", reason="The turn was cancelled.")
                self._settle_plan(plan, decided)
                raise
        if decision.verdict == "allow" and approvals.mode == "plan":
            decision = Decision("reject", "policy", reason="Plan mode writes nothing; /mode ask carries plans out.")
        chosen = _chosen(plan, decision.chunks)
        if decision.verdict == "allow" and not chosen.chunks:
            decision = Decision("reject", "engine", reason="None of the steps that were chosen is in the plan.")
        self._settle_plan(chosen, decision)
        if decision.verdict == "reject":
            raise TurnRejected(f"Plan rejected: {decision.reason}" if decision.reason else "Plan rejected.")
        return chosen

    def _settle_plan(self, plan: Plan, decision: Decision) -> None:
        self._state.emit(
            ev.PlanDecided(
                plan_id=plan.id,
                verdict=decision.verdict,
                chunks=tuple(chunk.id for chunk in plan.chunks),
                decided_by=decision.decided_by,
                reason=decision.reason,
            )
        )

    async def _run_plan(self, plan: Plan) -> tuple[ev.TurnResult, str, bool]:
        if self._resume is not None:
            self._state.emit(ev.PlanProposed(plan=plan))
            self._settle_plan(plan, Decision("allow", "engine", reason="Going on from the last whole chunk."))
        runner = ChunkRunner(self._state, plan)
        states: dict[str, ChunkState] = {}
        for index, chunk in enumerate(plan.chunks, start=1):
            await self._parts.care.before_chunk(self._state.emit)
            states[chunk.id] = await runner.run(chunk, index, len(plan.chunks), _blocker(chunk, plan, states))
        said = reports.of_plan(plan, runner.reports)
        self._state.coder.remember(f"Request: {self._state.request}", said)
        self._say(said)
        failed = [report for report in runner.reports if report.state == "failed"]
        return ("failed", failed[0].reason, True) if failed else ("done", "", False)

    def _context_tokens(self) -> int:
        return int(self._state.coder.n_ctx * self._state.options.context_share)

    def _say(self, text: str, message_id: str = "") -> None:
        self._state.emit(ev.MessageAdded(message=self._message("assistant", text, message_id)))

    def _message(self, role: Literal["user", "assistant"], text: str, message_id: str = "") -> Message:
        return Message(id=message_id or uuid.uuid4().hex, role=role, text=text, at=self._parts.clock())


def _chosen(plan: Plan, ids: tuple[str, ...]) -> Plan:
    """The plan with the chunks that were approved, in that order; unknown ids are ignored, none means all."""
    if not ids:
        return plan
    by_id = {chunk.id: chunk for chunk in plan.chunks}
    return Plan(id=plan.id, request=plan.request, chunks=tuple(by_id[i] for i in dict.fromkeys(ids) if i in by_id))


def _blocker(chunk: Chunk, plan: Plan, states: dict[str, ChunkState]) -> str:
    """Why a chunk cannot run now: what it needed did not succeed, or was moved behind it; empty when it can."""
    needed = list(chunk.depends)
    if chunk.condition == "previous_succeeded":
        position = next(i for i, other in enumerate(plan.chunks) if other.id == chunk.id)
        needed += [plan.chunks[position - 1].id] if position else []
    titles = {other.id: other.title for other in plan.chunks}
    missing = next((i for i in needed if i in titles and states.get(i) != "done"), None)
    if missing is None:
        return ""
    return f"“{titles[missing]}” {'did not succeed' if missing in states else 'comes only after it'}"
