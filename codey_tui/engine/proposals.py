"""A change to a file that was there before: shown as one diff, applied whole after a yes, or not at all."""

import threading
import uuid

from codey_tui.engine.edits import unified_diff
from codey_tui.engine.executor import OnOutput, Proposal, Settled
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.workspace_paths import follow
from codey_tui.engine.writer import StagedEdit, WriteFailed
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import Action, ActionResult, Preview, Risk


async def propose_change(state: TurnState, staged: StagedEdit, after: str) -> Settled:
    """Show the diff, ask, checkpoint and replace; `FileWritten` follows when it was applied."""
    relpath = staged.path
    written: list[ev.FileWritten] = []

    def perform(on_output: OnOutput, cancel: threading.Event) -> ActionResult:
        del on_output, cancel
        state.before_change(relpath)
        try:
            done = staged.commit(after)
        except WriteFailed as error:
            return ActionResult(ok=False, summary=str(error))
        written.append(ev.FileWritten(path=relpath, size=done.size, sha256=done.sha256, created=False))
        return ActionResult(ok=True, summary=f"Changed {relpath}")

    proposal = Proposal(
        action=Action(id=uuid.uuid4().hex, tool="file", args={"op": "edit", "path": relpath}),
        risk=Risk(level="write", reason="Changes a file of yours; /undo brings it back.", touches=(relpath,)),
        preview=Preview(
            kind="diff", title=f"Edit {relpath}", body=unified_diff(relpath, staged.before, after), path=relpath
        ),
        sandbox="none",
        perform=perform,
        target=follow(state.workspace, relpath),
    )
    try:
        return await state.executor.settle(state.scope, proposal)
    finally:  # also where the turn was cancelled at the moment of writing
        for event in written:
            state.note_written(relpath)
            state.emit(event)
