"""A person and the engine's own parts at work on one folder: actions with their answers, changes part by part, files that grow,
and undo, as the engine does them in a turn but without a model."""

import asyncio
import stat
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.engine.coder import Coder, Honesty, Sampling
from codey_tui.engine.conversation import Conversation
from codey_tui.engine.executor import Executor
from codey_tui.engine.proposals import propose_change
from codey_tui.engine.proposing import Settled
from codey_tui.engine.reading import Reading
from codey_tui.engine.records import Records
from codey_tui.engine.turn_state import TurnOptions, TurnState
from codey_tui.engine.undo import Restored
from codey_tui.engine.writer import NewFile, StagedEdit
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import ModelInfo
from codey_tui.sandbox import Limits, Rlimits
from codey_tui.store.database import Database
from tests.fakes.scripted_provider import ScriptedProvider

T = TypeVar("T")
Picture = dict[str, tuple[str, int, bytes]]


class Acting:
    """The folder `base/work` with the engine's state in `base/state`; `close` it. `turn` is the present one."""

    def __init__(self, base: Path, database: Database) -> None:
        self.workspace = base / "work"
        self.state_dir = base / "state"
        self.workspace.mkdir(parents=True)
        self.turn = 1
        self._loop = asyncio.new_event_loop()
        self._approvals = Approvals("ask")
        self._database = database
        self._decision = Decision("reject", "person")
        self._executor = Executor(self.workspace, Rlimits(), Limits(), self._approvals, Records(database), time.time)
        self.restart()

    def close(self) -> None:
        """End the worker thread and the loop."""
        self._executor.shutdown()
        self._run(self._loop.shutdown_default_executor())
        self._loop.close()

    def restart(self) -> None:
        """What the engine knows of its checkpoints is read from disk again, as after its end."""
        self.checkpoints = Checkpoints(self.state_dir / "checkpoints", self.workspace)

    def call(self, args: dict[str, Any], decision: Decision) -> Settled:
        """A call of the file tool, answered like that."""
        self._decision = decision
        state = self._state()
        return self._run(state.executor.call(state.scope, "file", args))

    def change(self, path: str, rewrite: Callable[[str], str], decision: Decision) -> Settled:
        """A change to a text file, of which the decision may take parts. Raises EngineError."""
        self._decision = decision
        staged = StagedEdit(self.workspace, path, self.state_dir)
        return self._run(propose_change(self._state(), staged, rewrite(staged.before))).settled

    def grow(self, path: str, pieces: list[str], *, whole: bool) -> None:
        """A new file that grows, and is kept or abandoned. Raises EngineError."""
        state = self._state()
        state.before_change(path)
        file = NewFile(self.workspace, path, self.state_dir)
        for piece in pieces:
            file.append(piece)
        if whole:
            file.commit()
        else:
            file.abandon()
        state.after_changes()

    def undo(self) -> Restored:
        """Undo the present turn. Raises CheckpointFailed."""
        return self.checkpoints.undo(self.turn)

    def _state(self) -> TurnState:
        info = ModelInfo(id="none", title="no model", path="", state="idle", n_ctx=4096)
        return TurnState(
            number=self.turn,
            session="acting",
            request="",
            files=(),
            workspace=self.workspace,
            state_dir=self.state_dir,
            emit=self._hear,
            coder=Coder(
                ScriptedProvider([]),
                info,
                Honesty(),
                Sampling(),
                self._hear,
                Reading(self._approvals, Conversation(self._database.conversations, "acting", lambda write: write())),
            ),
            executor=self._executor,
            checkpoints=self.checkpoints,
            options=TurnOptions(),
        )

    def _hear(self, event: ev.Event) -> None:
        """Answer each question, once it waits."""
        if isinstance(event, ev.ActionProposed):
            self._loop.call_soon(self._approvals.answer, event.action.id, self._decision)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


def picture(folder: Path) -> Picture:
    """Kind, mode and content of everything below a folder, by path."""
    found: Picture = {}
    for place in folder.rglob("*"):
        mode = place.lstat().st_mode
        name = place.relative_to(folder).as_posix()
        if stat.S_ISLNK(mode):
            found[name] = ("link", 0, bytes(place.readlink()))
        elif stat.S_ISDIR(mode):
            found[name] = ("folder", stat.S_IMODE(mode), b"")
        else:
            found[name] = ("file", stat.S_IMODE(mode), place.read_bytes())
    return found
