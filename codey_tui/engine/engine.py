"""The engine: one asyncio loop that owns the session, runs turns one after another and tells every client what happens."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeVar, cast

from codey_tui.engine.answers import answer_query
from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.care import Care
from codey_tui.engine.coder import Coder
from codey_tui.engine.correcting import HOW_TO_CORRECT, again_as, correction, last_routed
from codey_tui.engine.deciding import Decider
from codey_tui.engine.executor import Executor
from codey_tui.engine.gauging import Gauging
from codey_tui.engine.history import resumable
from codey_tui.engine.journal import Journal
from codey_tui.engine.lane import CANCEL_SAID, Lane
from codey_tui.engine.lifecycle import Lifecycle
from codey_tui.engine.models import AT_ONCE, Models
from codey_tui.engine.parts import EngineParts, ModelChoice
from codey_tui.engine.present import PresentSession
from codey_tui.engine.providers import Providers
from codey_tui.engine.reading import Reading
from codey_tui.engine.records import Records
from codey_tui.engine.removing import Removal
from codey_tui.engine.rules import RuleBook, RuleRefused
from codey_tui.engine.turn import Resumption, Turn, TurnParts
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.undoing import undo_turn
from codey_tui.inference.residency import leased_for
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.client import Deliver, Unsubscribe
from codey_tui.protocol.models import ModelInfo, RouteKind, Status
from codey_tui.protocol.queries import GetRoute, GetStatus, ListModels, ListRules, QueryBase
from codey_tui.store.connection import StoreError

log = logging.getLogger(__name__)
__all__ = ["Engine", "EngineParts", "ModelChoice"]

T = TypeVar("T")


class Engine:
    """The `Client` of its own process; the socket host hands the same to clients outside.

    All methods but `submit` belong to the loop that called `start`; `submit` may be called from any thread.
    """

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._approvals = Approvals(parts.mode, RuleBook(parts.rules, parts.state_dir / "rules.json"))
        self._journal = Journal(parts.database.journal, parts.clock, (StoreError,))
        self._records = Records(parts.database)
        self._executor = Executor(
            parts.workspace,
            parts.sandbox,
            parts.limits,
            self._approvals,
            self._records,
            parts.clock,
            tools=parts.tools,
            instead=parts.instead,
        )
        self._providers = Providers(parts.provider_for)
        self._decider = Decider(parts, self._providers, lambda: self._models.present, partial(self._notice, "warning"))
        self._care = Care(parts.care, self._providers.use_threads)
        self._gauging = Gauging(
            lambda: parts.read_gauges(self._providers.rss),
            self._care.look,
            lambda: self._lane.running,
            self._journal,
            self._records,
        )
        self._lane = Lane(self._begin_prompt, self._went_wrong)
        self._models = Models(parts, self._providers, self._journal.emit, lambda: self._lane.running, self._went_wrong)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lifecycle = Lifecycle(parts, self._providers, lambda: self._info.id, self._journal.emit, self._take)
        self._gauge_task: asyncio.Task[None] | None = None
        self._session = PresentSession(
            parts.database, self._journal, parts.state_dir, parts.workspace, parts.clock, self._records.write
        )
        self._removal = Removal(parts, self._journal, self._records, self._providers)
        self._told: set[str] = set()
        self._started = parts.clock()
        self._idle_since = time.monotonic()
        self._closing = False
        self.stopped = asyncio.Event()

    # --- life --------------------------------------------------------------------------------------------------------
    async def start(self, *, new_session: bool = False) -> None:
        """Open the last session of the workspace (or a new one) and put right what a crash left behind."""
        self._loop = asyncio.get_running_loop()
        if new_session:
            self._session.open_new(self._approvals.mode, self._info)
        else:
            self._session.open_last(self._approvals.mode, self._info)
        self._records.close_interrupted()
        for text in filter(None, (*self._parts.notices, self._approvals.rules.problem)):
            self._journal.emit(ev.Noticed(level="warning", text=text))
        self._gauge_task = asyncio.create_task(self._gauging.run())

    async def close(self) -> None:
        """Cancel what runs, unload the models, close the database; Ops that come from now on are dropped."""
        self._closing = True
        await self._lane.end()
        await self._models.close()
        if self._gauge_task is not None:
            self._gauge_task.cancel()
            await asyncio.gather(self._gauge_task, return_exceptions=True)
        await self._providers.close()
        await self._lifecycle.close()
        try:
            await asyncio.to_thread(self._executor.shutdown)
        finally:
            self._journal.flush()
            self._records.flush()
            self._parts.database.close()
            self.stopped.set()

    @property
    def busy(self) -> bool:
        """Whether a turn or an undo runs, or a prompt waits."""
        return self._lane.busy

    @property
    def clients(self) -> int:
        """How many clients listen."""
        return self._journal.listeners

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last turn ended or the last client was there; 0 while either is."""
        if self.busy or self.clients or self._models.fetching:
            self._idle_since = time.monotonic()
        return time.monotonic() - self._idle_since

    # --- Client ------------------------------------------------------------------------------------------------------
    def submit(self, op: ops.Op) -> None:
        """Take an Op; it is carried out on the loop."""
        if self._loop is None:
            raise RuntimeError("the engine has not been started")
        self._loop.call_soon_threadsafe(self._take, op)

    async def ask(self, query: QueryBase[T]) -> T:
        """Answer a query."""
        if isinstance(query, GetStatus):
            return cast(T, self.status())
        if isinstance(query, ListRules):
            return cast(T, self._approvals.rules.all())
        if isinstance(query, ListModels):
            return cast(T, await asyncio.to_thread(self._parts.list_models))
        if isinstance(query, GetRoute):
            return cast(T, await self._decider(query.text))
        return await asyncio.to_thread(answer_query, self._parts.database, self._journal.session, query)

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe:
        """See `protocol.client.Client.listen`."""
        unsubscribe = self._journal.listen(deliver, after)

        def leave() -> None:
            self._idle_since = time.monotonic()
            unsubscribe()

        return leave

    @property
    def _info(self) -> ModelInfo:
        return self._models.info

    def status(self) -> Status:
        """The engine as it is now."""
        return Status(
            version=self._parts.version,
            pid=os.getpid(),
            workspace=str(self._parts.workspace),
            session=self._session.info,
            seq=self._journal.seq,
            mode=self._approvals.mode,
            model=self._info,
            models=self._models.all,
            busy=self.busy or self._models.fetching or self._providers.keeping,
            turn=self._session.turn if self.busy else 0,
            clients=self.clients,
            started=self._started,
            gauges=self._gauging.latest,
        )

    # --- ops ---------------------------------------------------------------------------------------------------------
    def _take(self, op: ops.Op) -> None:
        at_once = isinstance(op, AT_ONCE) or (isinstance(op, ops.CancelTurn) and self._lane.running)
        if self._closing or (not at_once and self._models.defer(partial(self._take, op))):
            return
        try:
            self._carry_out(op)
        except Exception as error:  # noqa: BLE001 - it is told and logged there
            self._went_wrong(error)

    def _went_wrong(self, error: BaseException) -> None:
        """Tell of an error outside of a turn."""
        if isinstance(error, StoreError | RuleRefused):
            self._notice("error", str(error))
            return
        log.error("Something could not be carried out.", exc_info=error)
        self._notice("error", f"Something went wrong inside Codey ({error}); the engine's log has the details.")

    def _carry_out(self, op: ops.Op) -> None:
        match op:
            case ops.SubmitPrompt() | ops.CorrectRoute():
                self._submit_prompt(op)
            case ops.DecidePlan() | ops.DecideAction() | ops.DecidePrompt():
                self._decide(op)
            case ops.CancelTurn():
                self._cancel()
            case ops.RetryTurn() | ops.ResumeTurn():
                self._go_on(op)
            case ops.UndoTurn(turn=turn):
                self._when_idle("undo", lambda: self._undo(turn))
            case ops.NewSession() | ops.OpenSession():
                self._when_idle("change the session", lambda: self._open(op))
            case ops.RemoveSessions(sessions=gone):
                self._when_idle(
                    "remove sessions", lambda: self._lane.start(self._removal.remove(gone), cancellable=False)
                )
            case ops.SetMode(mode=mode):
                self._approvals.mode = mode
                self._journal.emit(ev.ModeChanged(mode=mode))
            case ops.SetModel() | ops.PullModel() | ops.CancelPull() | ops.RemoveModel():
                self._models.carry_out(op)
            case ops.SetRule() | ops.RemoveRule():
                self._notice("info", self._approvals.rules.carry_out(op))
            case ops.StopEngine():
                self.stopped.set()

    def _submit_prompt(self, op: ops.SubmitPrompt | ops.CorrectRoute) -> None:
        if isinstance(op, ops.CorrectRoute):
            self._correct(op.kind)
            return
        if not op.text.strip():
            self._notice("warning", "An empty prompt was not sent. Type what you want done, then press enter.")
            return
        if self.busy:
            self._journal.emit(ev.PromptQueued(text=op.text, waiting=self._lane.wait(op)))
            return
        self._begin_prompt(op)

    def _decide(self, op: ops.DecidePlan | ops.DecideAction | ops.DecidePrompt) -> None:
        if isinstance(op, ops.DecidePlan):
            question, decision = op.plan_id, Decision(op.verdict, "person", reason=op.reason, chunks=op.chunks)
        elif isinstance(op, ops.DecidePrompt):
            question, decision = op.question_id, Decision(op.verdict, "person", chunks=op.leave_out)
        else:
            question = op.action_id
            decision = Decision(op.verdict, "person", op.scope, op.reason, hunks=op.hunks)
        if not self._approvals.answer(question, decision):
            self._notice("info", "That question has been answered already.")

    def _cancel(self) -> None:
        if said := CANCEL_SAID[self._lane.cancel()]:
            self._notice("info", said)

    def _go_on(self, op: ops.RetryTurn | ops.ResumeTurn) -> None:
        if isinstance(op, ops.ResumeTurn):
            if not self._care.resume():
                self._notice("info", "No turn waits because of the battery.")
            return
        if self.busy:
            self._notice("info", "The turn still runs; cancel it first to run it again.")
            return
        found = resumable(self._journal.history())
        if found is None:
            self._notice("info", "There is no failed or cancelled turn to run again.")
            return
        if found.resumption is not None and self._approvals.mode == "plan":
            self._notice("warning", "Plan mode carries nothing out. Choose another with /mode, then /retry.")
            return
        self._begin(found.request, found.files, found.resumption)

    def _correct(self, kind: str) -> None:
        found = last_routed(self._journal.history())
        again = again_as(found, kind)
        if found is None or again is None:
            self._notice("info", HOW_TO_CORRECT if found else "Nothing was asked yet.")
            return
        self._parts.database.corrections.add(correction(found, again, self._journal.session, self._parts.clock()))
        if found.acted:
            self._notice(
                "info", f"Kept: that was {kind}. Work on it was begun, so it does not run again; /undo takes it back."
            )
        elif self.busy:
            self._lane.cancel()
            self._lane.wait(again)
        else:
            self._begin_prompt(again)

    def _undo(self, turn: int) -> None:
        number = turn or self._session.checkpoints.last_turn()
        if not number or not self._session.checkpoints.has(number):
            self._notice("info", "There is nothing to undo in this session.")
            return
        self._lane.start(self._undo_task(number), cancellable=False)

    async def _undo_task(self, number: int) -> None:
        try:
            await undo_turn(self._session.checkpoints, number, self._journal.emit)
        finally:
            self._idle_since = time.monotonic()

    def _open(self, op: ops.NewSession | ops.OpenSession) -> None:
        self._approvals.forget_grants()
        if isinstance(op, ops.NewSession):
            self._session.open_new(self._approvals.mode, self._info)
        elif not self._session.open_stored(op.session, self._approvals.mode, self._info):
            self._notice("warning", f"There is no session {op.session} in this workspace; /sessions lists them.")

    # --- turns ---------------------------------------------------------------------------------------------------------
    def _begin_prompt(self, prompt: ops.SubmitPrompt) -> None:
        self._begin(prompt.text, prompt.files, kind=prompt.kind)

    def _begin(
        self,
        text: str,
        files: tuple[str, ...],
        resume: Resumption | None = None,
        kind: RouteKind | Literal[""] = "",
    ) -> None:
        turn = self._session.begin_turn(text)
        model = self._models.present
        choice = self._parts.models[model]

        def emit(event: ev.Event) -> None:
            said = self._journal.emit(event, turn)
            self._records.note(said.session, turn, said.event, said.at)

        state = TurnState(
            number=turn,
            session=self._journal.session,
            request=text,
            files=files,
            workspace=self._parts.workspace,
            state_dir=self._parts.state_dir,
            emit=emit,
            coder=Coder(
                self._providers.get(model),
                choice.info,
                choice.honesty,
                self._parts.sampling,
                emit,
                Reading(self._approvals, self._session.conversation, self._parts.options.ask_above_s, self._told),
                slots=choice.slots,
            ),
            executor=self._executor,
            checkpoints=self._session.checkpoints,
            options=self._parts.options,
        )

        def load() -> asyncio.Future[None]:
            return self._providers.in_background(state.coder.preload())

        parts = TurnParts(
            route=partial(self._decider.as_kind, kind=kind) if kind else partial(self._decider, load=load),
            steps=partial(self._decider.steps, load=load),
            plan=self._parts.plan,
            approvals=self._approvals,
            clock=self._parts.clock,
            care=self._care,
            model_problem=lambda: self._parts.look_at(model).problem,
            preload=load,
        )
        self._lane.start(self._run(Turn(state, parts, resume), model))

    async def _run(self, turn: Turn, model: str) -> None:
        leased_for.set(f"turn {self._session.turn}")
        try:
            await turn.run()
        except Exception as error:
            log.exception("a turn ended in a way that nobody foresaw")
            reason = f"Something went wrong inside Codey ({type(error).__name__}: {error}); the engine's log has the details."
            self._journal.emit(
                ev.TurnEnded(result="failed", figures=ev.Figures(), reason=reason, can_retry=True),
                self._session.turn,
            )
        self._idle_since = time.monotonic()
        self._providers.leave_replaced()
        self._session.end_turn()
        self._providers.keep(model, self._journal.session)

    def _when_idle(self, what: str, then: Callable[[], None]) -> None:
        if self.busy:
            self._notice("warning", f"Cannot {what} while a turn runs. Wait for its end or cancel it.")
        else:
            then()

    def _notice(self, level: ev.NoticeLevel, text: str) -> None:
        self._journal.emit(ev.Noticed(level=level, text=text))
