"""The present session: which one it is, how far it has come, where its checkpoints are, and what a crash left of it."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.engine.conversation import Conversation, Write
from codey_tui.engine.history import last_turn_number, recover
from codey_tui.engine.journal import Journal
from codey_tui.engine.masking import hide
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import ApprovalMode
from codey_tui.protocol.models import ModelInfo, SessionInfo
from codey_tui.store.database import Database

TITLE_CHARS = 60


class PresentSession:
    """One session is present at a time; `open_last`, `open_new` and `open_stored` change which."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        state_dir: Path,
        workspace: Path,
        clock: Callable[[], float],
        write: Write,
    ) -> None:
        self._database = database
        self._journal = journal
        self._state_dir = state_dir
        self._workspace = workspace
        self._clock = clock
        self._write = write
        self.turn = 0
        self.info = SessionInfo(id="", title="", created=0.0, updated=0.0)
        self.checkpoints = Checkpoints(state_dir / "checkpoints", workspace)
        self.conversation = Conversation(database.conversations, "", write)

    def open_last(self, mode: ApprovalMode, model: ModelInfo) -> None:
        """The session used last, or a new one where there is none."""
        last = self._database.sessions.last()
        if last is None:
            self.open_new(mode, model)
        else:
            self._open(last)
            self._go_on(mode, model)

    def open_new(self, mode: ApprovalMode, model: ModelInfo) -> None:
        """A new, empty session."""
        session = self._database.sessions.create(self._clock())
        self._open(session)
        self._journal.emit(ev.SessionOpened(session=session, mode=mode, model=model))
        self._clean(())

    def open_stored(self, session: str, mode: ApprovalMode, model: ModelInfo) -> bool:
        """A session by id; False where there is none of that id."""
        info = self._database.sessions.get(session)
        if info is None:
            return False
        self._open(info)
        self._go_on(mode, model)
        return True

    def begin_turn(self, text: str) -> int:
        """The number of the turn that begins; the first one gives the session its title."""
        self.turn += 1
        if not self.info.title:
            title = " ".join(hide(text).split())[:TITLE_CHARS]
            self.info = msgspec.structs.replace(self.info, title=title)
            self._database.sessions.name(self.info.id, title)
        return self.turn

    def end_turn(self) -> None:
        """Note that the session was used."""
        now = self._clock()
        self.info = msgspec.structs.replace(self.info, updated=now, turns=self.turn)
        self._database.sessions.touch(self.info.id, now, self.turn)

    def _open(self, session: SessionInfo) -> None:
        self.info = session
        self.turn = 0
        self.checkpoints = Checkpoints(self._state_dir / "checkpoints" / session.id, self._workspace)
        self.conversation = Conversation(self._database.conversations, session.id, self._write)
        self._journal.switch(session.id)

    def _go_on(self, mode: ApprovalMode, model: ModelInfo) -> None:
        history = self._journal.history()
        self.turn = last_turn_number(history)
        self._clean(history)
        last_mode = next((e.event.mode for e in reversed(history) if isinstance(e.event, _MODES)), None)
        if last_mode != mode:
            self._journal.emit(ev.ModeChanged(mode=mode))
        last_model = next((e.event.model for e in reversed(history) if isinstance(e.event, _MODELS)), None)
        if last_model is None or last_model.id != model.id:
            self._journal.emit(ev.ModelChanged(model=model))

    def _clean(self, history: tuple[ev.Envelope, ...] | list[ev.Envelope]) -> None:
        for turn, event in recover(history, self._state_dir, self._workspace):
            self._journal.emit(event, turn)


_MODES = (ev.SessionOpened, ev.ModeChanged)
_MODELS = (ev.SessionOpened, ev.ModelChanged)
