"""One chunk that writes a whole file: it grows at its real path, is checked, and goes back to the model when it fails."""

import asyncio

from codey_tui.engine import prompts
from codey_tui.engine.coder import BeyondModel
from codey_tui.engine.context import chunk_context
from codey_tui.engine.drafting import Draft, Progress, file_form
from codey_tui.engine.errors import StepFailed
from codey_tui.engine.parser import Outcome
from codey_tui.engine.proposals import Change, propose_change
from codey_tui.engine.reports import ChunkReport
from codey_tui.engine.slots import NOTHING, Binding, ask_for_file
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.verifier import Verification, verify
from codey_tui.engine.workspace_paths import resolve
from codey_tui.engine.writer import NewFile, StagedEdit, Written
from codey_tui.inference.provider import ChatTurn, PromptTooLong
from codey_tui.protocol import events as ev
from codey_tui.protocol.plan import Chunk, Plan

SAYS = {
    "empty": "The model wrote nothing.",
    "loop": "The model repeated itself without end and was stopped.",
    "refused": "The model did not write the file.",
}


class FileRun:
    """The file of one chunk; it stays at hand for repairs when a later command trips over it."""

    def __init__(self, state: TurnState, chunk: Chunk, plan: Plan, progress: Progress) -> None:
        self._state = state
        self._chunk = chunk
        self._plan = plan
        self._progress = progress
        self._notes: list[str] = []
        self._size = 0
        self._messages: tuple[ChatTurn, ...] = ()
        self._binding: Binding = NOTHING

    @property
    def chunk_id(self) -> str:
        """The chunk that this file belongs to."""
        return self._chunk.id

    @property
    def text(self) -> str:
        """What the model wrote last."""
        return self._progress.text

    async def create(self) -> ChunkReport:
        """Write a file that does not exist yet: whoever opens it meanwhile sees it grow."""
        state, chunk = self._state, self._chunk
        state.executor.check_planned(state.scope, "write", chunk.path)
        self._messages = self._ask()
        state.before_change(chunk.path)
        row = state.executor.begin_planned_write(state.scope, chunk.path)
        try:
            sink = NewFile(state.workspace, chunk.path, state.state_dir)
            draft = self._progress.begin(Draft(state, chunk, file_form(chunk), sink, binding=self._binding))
            outcome = await draft.run(self._messages)
            if outcome.state in SAYS:
                sink.abandon()
                raise StepFailed(f"{SAYS[outcome.state]} {chunk.path} was not kept.")
            written = sink.commit()
        except BaseException:
            state.executor.end_planned_write(row, "failed", "")
            raise
        state.executor.end_planned_write(row, "done", written.sha256)
        self._note(written, created=True)
        await self._check(outcome, draft)
        return self._report()

    async def extend(self) -> ChunkReport:
        """Add to a file that an earlier chunk of this turn wrote."""
        before = self._staged().before
        self._messages = self._ask(before)
        outcome, draft = await self._redraft(self._messages)
        text = f"{before.rstrip()}\n\n\n{draft.text.lstrip()}"
        self._replace(text)
        await self._check(outcome, draft)
        return self._report()

    async def overwrite(self) -> ChunkReport:
        """Write a file anew that was there before the turn: one diff, and nothing changes without a yes. What is rejected, with
        a reason, goes back to the model a bounded number of times."""
        state, chunk = self._state, self._chunk
        state.executor.check_planned(state.scope, "edit", chunk.path)
        staged = self._staged()
        messages = self._messages = self._ask(staged.before)
        accepted: Change | None = None
        attempts = 1 if state.coder.slots else state.options.verify_attempts + 1
        while True:
            attempts -= 1
            outcome, draft = await self._redraft(messages)
            change = await propose_change(state, staged, draft.text)
            settled = change.settled
            if settled.result is not None and not settled.result.ok:
                raise StepFailed(settled.result.summary)
            if settled.result is not None:
                accepted = change
                state.note_written(chunk.path)
            if not attempts or not settled.reason or (settled.result is not None and not change.rejected):
                break
            messages = (*messages, *self._rejected(draft.text, change))
            staged = self._staged()
        if accepted is None:
            return ChunkReport(chunk, "skipped", settled.reason or "the change was rejected")
        self._size = len(accepted.text.encode())
        if accepted.rejected or accepted is not change:
            # the person has the last word: a repair would write what was rejected
            self._notes += [accepted.note] if accepted.note else []
            return self._report()
        await self._check(outcome, draft)
        return self._report()

    def _rejected(self, text: str, change: Change) -> tuple[ChatTurn, ChatTurn]:
        """What the model wrote, and what the person said to it."""
        path, form, reason = self._chunk.path, file_form(self._chunk), change.settled.reason
        whole = change.settled.result is None
        problem = f"The person rejected this change to {path}: {reason}" if whole else change.for_model(path)
        answer = f"{form.prefill}{text.rstrip()}\n{form.fence}"
        return ChatTurn(role="assistant", text=answer), ChatTurn(role="user", text=prompts.rejected(path, problem))

    async def repair(self, error: str, attempt: int) -> None:
        """Hand an error to the model and replace the file by what it writes. Raises `StepFailed`."""
        state, chunk = self._state, self._chunk
        if state.coder.slots:  # it recites: a second try would be the first again
            raise StepFailed(f"{chunk.path} fails: {error.strip()} Repairing it is beyond the model.")
        state.emit(
            ev.ChunkStarted(
                chunk_id=chunk.id,
                index=1 + next(i for i, other in enumerate(self._plan.chunks) if other.id == chunk.id),
                total=len(self._plan.chunks),
                title=f"{chunk.title} (repair)",
                path=chunk.path,
                language=chunk.language,
                max_tokens=chunk.max_tokens,
                attempt=attempt,
            )
        )
        present = self._staged().before
        form = file_form(chunk)
        answer = f"{form.prefill}{present.rstrip()}\n{form.fence}"
        messages = (
            *self._messages,
            ChatTurn(role="assistant", text=answer),
            ChatTurn(role="user", text=prompts.repair(chunk.path, error)),
        )
        try:
            _, draft = await self._redraft(messages)
        except (BeyondModel, PromptTooLong) as problem:
            raise StepFailed(f"{chunk.path} fails: {error.strip()} Repairing it is beyond the model.") from problem
        self._replace(draft.text)

    async def _redraft(self, messages: tuple[ChatTurn, ...]) -> tuple[Outcome, Draft]:
        form = file_form(self._chunk)
        draft = self._progress.begin(Draft(self._state, self._chunk, form, binding=self._binding, repeats=True))
        outcome = await draft.run(messages)
        if outcome.state in SAYS:
            raise StepFailed(f"{SAYS[outcome.state]} {self._chunk.path} is as it was.")
        return outcome, draft

    async def _check(self, outcome: Outcome, draft: Draft) -> None:
        """Verify, and repair as often as the settings say. Raises `StepFailed` when the last attempt fails too."""
        state, chunk = self._state, self._chunk
        self._notes += outcome.notes
        for attempt in range(1, state.options.verify_attempts + 2):
            found = await self._verify(attempt)
            if found.ok:
                break
            if attempt > state.options.verify_attempts:
                raise StepFailed(f"{chunk.path} fails its check ({found.check}): {found.detail}")
            await self.repair(found.detail, attempt + 1)
        if outcome.state == "truncated":
            self._notes.append(f"it reached its ceiling of {chunk.max_tokens} tokens and may be cut short")

    async def _verify(self, attempt: int) -> Verification:
        state, chunk = self._state, self._chunk
        place = resolve(state.workspace, chunk.path)
        found = await asyncio.to_thread(verify, place, state.workspace, state.executor.run_check)
        state.emit(
            ev.VerificationEnded(path=chunk.path, ok=found.ok, check=found.check, attempt=attempt, detail=found.detail)
        )
        return found

    def _replace(self, text: str) -> None:
        state, chunk = self._state, self._chunk
        state.before_change(chunk.path)
        self._note(self._staged().commit(text), created=False)

    def _staged(self) -> StagedEdit:
        return StagedEdit(self._state.workspace, self._chunk.path, self._state.state_dir)

    def _note(self, written: Written, *, created: bool) -> None:
        self._size = written.size
        self._state.after_changes()
        self._state.note_written(self._chunk.path)
        self._state.emit(
            ev.FileWritten(path=self._chunk.path, size=written.size, sha256=written.sha256, created=created)
        )

    def _ask(self, present: str = "") -> tuple[ChatTurn, ...]:
        state, chunk = self._state, self._chunk
        if state.coder.slots:
            user, self._binding = ask_for_file(state.request, chunk)
        else:
            context = chunk_context(state, chunk, self._plan, present)
            user = prompts.new_file(state.request, chunk.path, instruction=chunk.instruction, context=context)
        return (ChatTurn(role="system", text=prompts.system()), ChatTurn(role="user", text=user))

    def _report(self) -> ChunkReport:
        return ChunkReport(self._chunk, "done", size=self._size, notes=tuple(self._notes))
