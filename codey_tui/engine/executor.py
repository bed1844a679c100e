"""The executor: the one way in which anything is done to the machine.

In this order: the tool says what would happen (risk and preview) - a row in the audit table - the policy allows, asks or
forbids - a person answers - the tool runs in the sandbox, on a worker thread - the row is closed.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.effects import effects_of
from codey_tui.engine.errors import EngineError, StepFailed
from codey_tui.engine.file_parts import file_parts
from codey_tui.engine.masking import StreamHider, hide, holds_key
from codey_tui.engine.proposing import (
    AuditStore,
    Forbidden,
    OnOutput,
    Perform,
    Proposal,
    Settled,
    TurnScope,
    hash_of,
    line_of,
)  # fmt: skip
from codey_tui.engine.repeats import Repeats
from codey_tui.engine.rules import RuleRefused
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import Action, ActionResult, AuditRow
from codey_tui.sandbox import Limits, Sandbox, SandboxRefused
from codey_tui.tools import ToolContext, ToolError
from codey_tui.tools.registry import BUILT_IN, ToolBox

log = logging.getLogger(__name__)


class Executor:
    """Runs actions one after another; all methods belong to the engine's loop."""

    def __init__(
        self,
        workspace: Path,
        sandbox: Sandbox,
        limits: Limits,
        approvals: Approvals,
        audit: AuditStore,
        clock: Callable[[], float],
        tools: ToolBox = BUILT_IN,
        instead: Callable[[], Sandbox | None] = lambda: None,
    ) -> None:
        self._instead = instead
        self._tools = tools
        self._repeats = Repeats()
        self._workspace = workspace
        self._sandbox = sandbox
        self._limits = limits
        self._approvals = approvals
        self._audit = audit
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="codey-tools")

    def working_clock(self) -> float:
        """A clock in seconds that stands still while a person is asked: what it measures is work."""
        return time.monotonic() - self._approvals.waited

    def shutdown(self) -> None:
        """Let the worker thread end, and the sandbox give back what it holds. Blocks."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._sandbox.close()

    async def call(self, scope: TurnScope, tool: str, args: dict[str, Any]) -> Settled:
        """Run a tool by name. Bad arguments come back as a failed result with a sentence, never as an exception."""
        action = Action(id=uuid.uuid4().hex, tool=tool, args=args)
        try:
            proposal = await asyncio.get_running_loop().run_in_executor(self._pool, self._assess, scope, action)
        except Forbidden as error:
            self._refuse(scope, action, Decision("reject", "policy", reason=str(error)))
            return Settled(action, None, str(error))
        except ToolError as error:
            result = ActionResult(ok=False, summary=str(error))
            self._note_refusal(scope, action, Decision("reject", "engine", reason=str(error)))
            scope.emit(ev.ActionStarted(action=action, title=tool, sandbox="none"))
            scope.emit(ev.ActionEnded(action_id=action.id, result=result))
            return Settled(action, result)
        settled = await self.settle(scope, proposal)
        if settled.refused and settled.result is not None:
            return await self._ask_again(scope, proposal, settled)
        return settled

    async def settle(self, scope: TurnScope, proposal: Proposal) -> Settled:
        """Take a proposal through audit, policy, question and run. The same call for the third time in a row is a loop, and
        asks whatever the policy says."""
        action = proposal.action
        looping = self._repeats.note(scope.turn, action.tool, action.args)
        if looping:
            risk = msgspec.structs.replace(
                proposal.risk,
                reason=f"The same call once more: it may be going round in circles. {proposal.risk.reason}",
            )
            proposal = replace(proposal, risk=risk)
        before = await asyncio.to_thread(hash_of, proposal.target, self._workspace)
        if proposal.effects is None:
            effects = await asyncio.to_thread(effects_of, action, self._workspace, proposal.preview)
            proposal = replace(proposal, effects=effects)
        row = msgspec.structs.replace(
            self._row(scope, action, proposal.preview.body),
            risk=proposal.risk.level,
            sandbox=f"{proposal.sandbox}, network open" if proposal.risk.network else proposal.sandbox,
            hash_before=before,
        )
        self._audit.open_row(row)
        decision = await self._decide(scope, proposal, row, looping=looping)
        self._audit.settle(action.id, decision, self._clock())
        self._say_settled(scope, action, decision, proposal.preview.title)
        if decision.verdict == "reject":
            self._audit.close(row, ActionResult(ok=False, summary="rejected"), "rejected", before)
            return Settled(action, None, decision.reason)
        self._remember(scope, proposal, decision)
        if proposal.choose is not None:
            proposal.choose(decision.hunks, decision.reason)
        result, refused = await self._run(scope, proposal, row)
        return Settled(action, result, decision.reason, refused=refused)

    def begin_planned_write(self, scope: TurnScope, path: str) -> AuditRow:
        """The audit row of a new file that the approved plan names, before its first byte. Raises `StepFailed` in plan
        mode, which a person may have chosen since."""
        if self._approvals.mode == "plan":
            raise StepFailed("Plan mode writes nothing; choose another with /mode.")
        self._repeats.interrupt()
        action = Action(id=uuid.uuid4().hex, tool="file", args={"op": "write", "path": path})
        row = self._row(scope, action, f"new file {path}, as the plan says")
        row = msgspec.structs.replace(row, risk="write", sandbox="none")
        self._audit.open_row(row)
        decision = Decision("allow", "person", reason="The plan was approved.")
        self._audit.settle(row.action_id, decision, self._clock())
        return row

    def end_planned_write(self, row: AuditRow, outcome: str, sha256: str) -> None:
        """Close that row; `sha256` of the whole file."""
        self._audit.close(row, ActionResult(ok=outcome == "done", summary=outcome), outcome, sha256)

    def check_planned(self, scope: TurnScope, operation: str, path: str) -> None:
        """Look whether a rule forbids what a plan says of a file, before the model sees or writes it. Raises StepFailed."""
        action = Action(id=uuid.uuid4().hex, tool="file", args={"op": operation, "path": path})
        match = self._approvals.forbidden(effects_of(action, self._workspace))
        if match is not None:
            self._refuse(scope, action, Decision("reject", "policy", reason=match.sentence))
            raise StepFailed(match.sentence)

    def _row(self, scope: TurnScope, action: Action, preview: str) -> AuditRow:
        """The row of an action, as it is before anything is known of its risk."""
        return AuditRow(
            action_id=action.id,
            session=scope.session,
            turn=scope.turn,
            at=self._clock(),
            tool=action.tool,
            args=action.args,
            preview=preview,
            risk="read",
        )

    def _note_refusal(self, scope: TurnScope, action: Action, decision: Decision) -> None:
        """The row of an action that came to nothing before it was assessed."""
        row = self._row(scope, action, line_of(action))
        self._audit.open_row(row)
        self._audit.settle(action.id, decision, self._clock())
        self._audit.close(row, ActionResult(ok=False, summary="refused"), "refused")

    def _refuse(self, scope: TurnScope, action: Action, decision: Decision) -> None:
        self._note_refusal(scope, action, decision)
        self._say_settled(scope, action, decision, line_of(action))

    @staticmethod
    def _say_settled(scope: TurnScope, action: Action, decision: Decision, title: str) -> None:
        scope.emit(
            ev.ActionSettled(
                action_id=action.id,
                verdict=decision.verdict,
                scope=decision.scope,
                decided_by=decision.decided_by,
                reason=decision.reason,
                title=title,
            )
        )

    def _remember(self, scope: TurnScope, proposal: Proposal, decision: Decision) -> None:
        """Grant for the session, or keep as a rule, what the person said beyond this once."""
        if decision.scope == "once" or proposal.effects is None:
            return
        if decision.scope == "session":
            self._approvals.grant(proposal.action, proposal.risk)
            return
        if holds_key(proposal.effects.line):
            text = "There is a key in it, and no key is kept in a rule: it was allowed once only."
            scope.emit(ev.Noticed(level="warning", text=text))
            return
        try:
            rules = self._approvals.learn(proposal.action, proposal.effects, proposal.risk)
        except RuleRefused as error:
            scope.emit(ev.Noticed(level="warning", text=str(error)))
            return
        text = "; ".join(f"{rule.tool} {rule.pattern}" for rule in rules)
        refused = "What is dangerous, or asks for the network, is asked for each time: it was allowed once only."
        told = f"Always allowed in this folder from now on: {text}. /rules shows and removes it."
        scope.emit(ev.Noticed(level="info", text=told if rules else refused))

    def run_check(self, argv: Sequence[str]) -> tuple[int, str]:
        """Run a verifier's command in the sandbox and give its exit code and output. Blocks: for worker threads."""
        completed = self._sandbox.run(
            argv,
            cwd=self._workspace,
            workspace=self._workspace,
            env={},
            limits=self._limits,
            on_output=lambda _text: None,
            cancel=threading.Event(),
        )
        return completed.exit_code, hide(completed.output)

    async def _ask_again(self, scope: TurnScope, first: Proposal, settled: Settled) -> Settled:
        """The sandbox refused: a second question, to a person and whatever the mode, whether a weaker one will do."""
        loop = asyncio.get_running_loop()
        other = await loop.run_in_executor(self._pool, self._instead)
        if other is None or settled.result is None:
            return settled
        action = Action(id=uuid.uuid4().hex, tool=first.action.tool, args=first.action.args)
        try:
            proposal = await loop.run_in_executor(self._pool, self._assess, scope, action, other)
        except (ToolError, Forbidden) as error:  # something has changed since the first question
            summary = f"{settled.result.summary} It was not tried in {other.name} either: {error}"
            return replace(settled, result=msgspec.structs.replace(settled.result, summary=summary))
        reason = f"{settled.result.summary} It has not run. Run it in the weaker sandbox {other.name} this once?"
        risk = msgspec.structs.replace(first.risk, level="dangerous", reason=reason)
        return await self.settle(scope, replace(proposal, risk=risk))

    async def _decide(self, scope: TurnScope, proposal: Proposal, row: AuditRow, *, looping: bool) -> Decision:
        action, risk = proposal.action, proposal.risk
        contained = proposal.sandbox not in {"none", "rlimits"} and not risk.network
        ruling = self._approvals.judge(action, risk, contained=contained, effects=proposal.effects)
        if ruling.judgement == "allow" and not looping:
            return Decision("allow", "policy", reason=ruling.reason)
        if ruling.judgement == "forbid":
            return Decision("reject", "policy", reason=ruling.reason)
        if ruling.reason:
            risk = msgspec.structs.replace(risk, reason=f"{risk.reason} {ruling.reason}")
        scope.emit(ev.ActionProposed(action=action, risk=risk, preview=proposal.preview, sandbox=proposal.sandbox))
        try:
            return await self._approvals.ask(action.id)
        except asyncio.CancelledError:
            decision = Decision("reject", "cancel", reason="The turn was cancelled.")
            self._audit.settle(action.id, decision, self._clock())
            self._audit.close(row, ActionResult(ok=False, summary="cancelled"), "cancelled", row.hash_before)
            self._say_settled(scope, action, decision, proposal.preview.title)
            raise

    async def _run(self, scope: TurnScope, proposal: Proposal, row: AuditRow) -> tuple[ActionResult, bool]:
        """The result, and whether the sandbox refused."""
        loop = asyncio.get_running_loop()
        cancel = threading.Event()
        action = proposal.action
        scope.emit(ev.ActionStarted(action=action, title=proposal.preview.title, sandbox=proposal.sandbox))
        sent = 0
        hider = StreamHider()

        def show(text: str) -> None:
            nonlocal sent
            if not text:
                return
            scope.emit(ev.ActionOutput(action_id=action.id, offset=sent, text=text))
            sent += len(text)

        def on_output(text: str) -> None:
            loop.call_soon_threadsafe(show, hider.feed(text))

        started = time.monotonic()
        work = loop.run_in_executor(self._pool, _guarded, proposal.perform, on_output, cancel)
        try:
            result, refused = await asyncio.shield(work)
        except asyncio.CancelledError:
            cancel.set()
            result, _ = await work
            show(hider.close())
            await self._finish(scope, proposal, row, result)
            raise
        show(hider.close())
        if not result.seconds:
            result = msgspec.structs.replace(result, seconds=time.monotonic() - started)
        await self._finish(scope, proposal, row, result)
        return result, refused

    async def _finish(self, scope: TurnScope, proposal: Proposal, row: AuditRow, result: ActionResult) -> None:
        """Say how it ended; a cancellation waits for that."""
        closing = asyncio.ensure_future(self._close(scope, proposal, row, result))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _close(self, scope: TurnScope, proposal: Proposal, row: AuditRow, result: ActionResult) -> None:
        try:
            await asyncio.to_thread(scope.after_changes)
        except (OSError, EngineError) as error:
            log.warning("what %s left behind could not be noted for undo: %s", proposal.action.tool, error)
        after = await asyncio.to_thread(hash_of, proposal.target, self._workspace)
        self._audit.close(row, result, "done" if result.ok else "failed", after)
        scope.emit(ev.ActionEnded(action_id=proposal.action.id, result=result))

    def _assess(self, scope: TurnScope, action: Action, other: Sandbox | None = None) -> Proposal:
        """On the worker thread: what the tool would do, in another sandbox than the chosen one if so asked."""
        chosen = other or self._sandbox
        tool, args = self._tools.call(action.tool, action.args)
        called = Action(id=action.id, tool=tool.name, args=msgspec.to_builtins(args))
        if match := self._approvals.forbidden(effects_of(called, self._workspace)):
            raise Forbidden(match.sentence)

        def context(on_output: OnOutput, cancel: threading.Event) -> ToolContext:
            return ToolContext(
                workspace=self._workspace,
                sandbox=chosen,
                limits=self._limits,
                on_output=on_output,
                cancel=cancel,
                before_change=scope.before_change,
            )

        risk, preview = tool.assess(args, context(lambda _text: None, threading.Event()))
        sandbox = chosen.name if preview.kind == "command" else "none"
        parts = file_parts(args, self._workspace) if preview.kind == "diff" else None
        if parts is not None:
            preview = msgspec.structs.replace(preview, hunks=parts.hunks)

        def perform(on_output: OnOutput, cancel: threading.Event) -> ActionResult:
            inner = args if parts is None else parts.narrowed()
            result = tool.run(inner, context(on_output, cancel))
            return result if parts is None else parts.told(result)

        path = action.args.get("path")
        return Proposal(
            action,
            risk,
            preview,
            sandbox,
            perform,
            target=self._workspace / path if isinstance(path, str) and path else None,
            effects=effects_of(called, self._workspace, preview),
            choose=parts.choose if parts is not None else None,
        )


def _guarded(perform: Perform, on_output: OnOutput, cancel: threading.Event) -> tuple[ActionResult, bool]:
    """Run on the worker thread; whatever goes wrong becomes a failed result. Also whether the sandbox refused."""
    try:
        result = perform(on_output, cancel)
        hidden = msgspec.structs.replace(result, summary=hide(result.summary), output=hide(result.output))
        return hidden, False
    except (ToolError, SandboxRefused, EngineError, OSError) as error:
        summary = hide(str(error)) or type(error).__name__
        return ActionResult(ok=False, summary=summary), isinstance(error, SandboxRefused)
    except Exception as error:
        log.exception("a tool failed in a way that nobody foresaw")
        why = f"Something went wrong inside Codey ({type(error).__name__}: {error}); the engine's log has the details."
        return ActionResult(ok=False, summary=why), False
