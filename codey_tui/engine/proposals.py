"""A change to a file that was there before: shown as one diff, applied after a yes, whole or the parts that were accepted."""

import threading
import uuid
from dataclasses import dataclass

from codey_tui.engine import hunks
from codey_tui.engine.edits import unified_diff
from codey_tui.engine.proposing import OnOutput, Proposal, Settled
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.workspace_paths import hold
from codey_tui.engine.writer import StagedEdit, WriteFailed
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import Action, ActionResult, Hunk, Preview, Risk
from codey_tui.tools.odd_names import oddities, shown


@dataclass(frozen=True)
class Change:
    """How a proposed change came out. `rejected` are the parts that were left out of what was applied, of `parts`."""

    settled: Settled
    text: str
    rejected: tuple[Hunk, ...] = ()
    parts: int = 0

    @property
    def note(self) -> str:
        """What was left out, for the report; empty when it is whole."""
        return f"{len(self.rejected)} of {self.parts} parts of the change were rejected" if self.rejected else ""

    def for_model(self, path: str) -> str:
        """What was rejected and why, for the model's next try."""
        shown = "\n".join(hunks.text_of(hunk) for hunk in self.rejected)
        return (
            f"The person accepted {self.parts - len(self.rejected)} of {self.parts} parts of this change to {path}; the file "
            f"now holds those. These parts were rejected:\n{shown}\nThe reason: {self.settled.reason}"
        )


async def propose_change(state: TurnState, staged: StagedEdit, after: str) -> Change:
    """Show the diff, ask, checkpoint and replace; `FileWritten` follows when it was applied."""
    relpath = staged.path
    parts = hunks.split(staged.before, after)
    written: list[ev.FileWritten] = []
    accepted = set(range(len(parts)))

    def choose(chosen: tuple[int, ...], reason: str) -> None:
        del reason  # whoever asked for the change has it with the answer
        if chosen:
            accepted.intersection_update(chosen)

    def perform(on_output: OnOutput, cancel: threading.Event) -> ActionResult:
        del on_output, cancel
        if parts and not accepted:
            return ActionResult(
                ok=False, summary=f"None of the named parts of the change exist; {relpath} is as it was."
            )
        state.before_change(relpath)
        try:
            done = staged.commit(hunks.merge(staged.before, after, accepted))
        except WriteFailed as error:
            return ActionResult(ok=False, summary=str(error))
        written.append(ev.FileWritten(path=relpath, size=done.size, sha256=done.sha256, created=False))
        some = f" ({len(accepted)} of {len(parts)} parts)" if len(accepted) < len(parts) else ""
        return ActionResult(ok=True, summary=f"Changed {relpath}{some}")

    body = unified_diff(relpath, staged.before, after)
    with hold(state.workspace, relpath, follow=True) as held:
        reason = " ".join(["Changes a file of yours; /undo brings it back.", *oddities(held, relpath)])
        target = state.workspace / held.path
    proposal = Proposal(
        action=Action(id=uuid.uuid4().hex, tool="file", args={"op": "edit", "path": relpath}),
        risk=Risk(level="write", reason=reason, touches=(relpath,)),
        preview=Preview(kind="diff", title=f"Edit {shown(relpath)}", body=body, path=relpath, hunks=parts),
        sandbox="none",
        perform=perform,
        target=target,
        choose=choose,
    )
    try:
        settled = await state.executor.settle(state.scope, proposal)
    finally:  # also where the turn was cancelled at the moment of writing
        for event in written:
            state.note_written(relpath)
            state.emit(event)
    rejected = tuple(part for index, part in enumerate(parts) if index not in accepted)
    return Change(settled, hunks.merge(staged.before, after, accepted), rejected, len(parts))
