"""One chunk that edits a file: search/replace blocks from the model, tried on a copy, checked, shown as one diff."""

import asyncio
import tempfile
from pathlib import Path, PurePosixPath

from codey_tui.engine import prompts
from codey_tui.engine.drafting import EDIT_FORM, Draft, Progress
from codey_tui.engine.edits import Edited, EditFailed, apply
from codey_tui.engine.errors import StepFailed
from codey_tui.engine.masking import restore
from codey_tui.engine.proposals import propose_change
from codey_tui.engine.reports import ChunkReport
from codey_tui.engine.slots import NOTHING, Binding, EditUnbound, ask_for_edit
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.verifier import Verification, verify
from codey_tui.engine.writer import StagedEdit
from codey_tui.inference.provider import ChatTurn
from codey_tui.protocol import events as ev
from codey_tui.protocol.plan import Chunk


class EditRun:
    """The edit of one file, with what went wrong or was rejected handed back to the model a bounded number of times."""

    def __init__(self, state: TurnState, chunk: Chunk, progress: Progress) -> None:
        self._state = state
        self._chunk = chunk
        self._progress = progress
        self._binding: Binding = NOTHING

    async def run(self) -> ChunkReport:
        """Ask, apply to a copy, check the copy, propose. The file changes only after a yes."""
        state, chunk = self._state, self._chunk
        state.executor.check_planned(state.scope, "edit", chunk.path)
        staged = StagedEdit(state.workspace, chunk.path, state.state_dir)
        before = staged.before
        done: ChunkReport | None = None  # a part was accepted already
        messages = self._ask(before)
        attempts = 1 if state.coder.slots else state.options.verify_attempts + 1
        problem = ""
        for attempt in range(1, attempts + 1):
            answer = await self._generate(messages)
            try:
                edited = apply(before, answer)
            except EditFailed as error:
                problem = str(error)
            else:
                found = await self._verify(before, edited, attempt)
                if found.ok:
                    change = await propose_change(state, staged, edited.text)
                    settled = change.settled
                    if settled.result is not None and not settled.result.ok:
                        raise StepFailed(settled.result.summary)
                    if settled.result is not None:
                        notes = tuple(note for note in (*edited.notes, change.note) if note)
                        done = ChunkReport(chunk, "done", size=len(change.text.encode()), notes=notes)
                    again = settled.reason and (settled.result is None or change.rejected) and attempt < attempts
                    if not again:
                        return done or ChunkReport(chunk, "skipped", settled.reason or "the change was rejected")
                    if settled.result is None:
                        problem = f"The person rejected this change: {settled.reason}"
                    else:
                        problem = change.for_model(chunk.path)
                        staged = StagedEdit(state.workspace, chunk.path, state.state_dir)
                        before = staged.before
                else:
                    problem = f"{chunk.path} would fail its check ({found.check}): {found.detail}"
            messages = (*messages, ChatTurn(role="assistant", text=answer), self._again(problem))
        if done is not None:  # what was accepted stays; the model found nothing better for the rest
            return done
        raise StepFailed(f"No usable edit of {chunk.path} after {attempts} attempts. {problem}")

    async def _generate(self, messages: tuple[ChatTurn, ...]) -> str:
        draft = self._progress.begin(Draft(self._state, self._chunk, EDIT_FORM, binding=self._binding, repeats=True))
        outcome = await draft.run(messages)
        if outcome.state == "loop":
            raise StepFailed(f"The model repeated itself and was stopped; {self._chunk.path} is as it was.")
        return EDIT_FORM.prefill + restore(outcome.text)

    async def _verify(self, before: str, edited: Edited, attempt: int) -> Verification:
        """Check the copy, under the file's own name so that its type is known; a file that failed before may fail."""
        state, chunk = self._state, self._chunk
        found = await asyncio.to_thread(self._check_copy, edited.text)
        if not found.ok and not (await asyncio.to_thread(self._check_copy, before)).ok:
            found = Verification(ok=True, check=found.check, detail=found.detail)
        state.emit(
            ev.VerificationEnded(path=chunk.path, ok=found.ok, check=found.check, attempt=attempt, detail=found.detail)
        )
        return found

    def _check_copy(self, text: str) -> Verification:
        with tempfile.TemporaryDirectory(prefix="codey-check-") as folder:
            copy = Path(folder) / PurePosixPath(self._chunk.path).name
            copy.write_text(text, encoding="utf-8", newline="")
            return verify(copy, Path(folder), self._state.executor.run_check)

    def _ask(self, before: str) -> tuple[ChatTurn, ...]:
        state, chunk = self._state, self._chunk
        if state.coder.slots:
            try:
                user, self._binding = ask_for_edit(state.request, chunk, before)
            except EditUnbound as error:
                raise StepFailed(str(error)) from error
        else:
            user = prompts.edit_file(state.request, chunk.path, chunk.language, before, instruction=chunk.instruction)
        return (ChatTurn(role="system", text=prompts.system()), ChatTurn(role="user", text=user))

    @staticmethod
    def _again(problem: str) -> ChatTurn:
        return ChatTurn(role="user", text=f"{problem}\n{prompts.text('edit')}")
