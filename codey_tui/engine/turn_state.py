"""What the steps of one turn share: its number, its voice, its parts, and what it has done so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.engine.coder import Coder, Totals
from codey_tui.engine.executor import Executor
from codey_tui.engine.masking import restore
from codey_tui.engine.proposing import TurnScope
from codey_tui.protocol.events import Event


@dataclass(frozen=True)
class TurnOptions:
    """Settings that matter within a turn."""

    verify_attempts: int = 2
    context_share: float = 0.5  # of the model's context that files shown to it may take
    ask_above_s: float = 0.0  # a person is asked before a prompt that takes longer to read; 0 asks never


@dataclass
class TurnState:
    """One running turn. `emit` stamps events with the turn's number."""

    number: int
    session: str
    request: str
    files: tuple[str, ...]
    workspace: Path
    state_dir: Path
    emit: Callable[[Event], None]
    coder: Coder
    executor: Executor
    checkpoints: Checkpoints
    options: TurnOptions
    totals: Totals = field(default_factory=Totals)
    written: list[str] = field(default_factory=list[str])
    _touched: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.said = (
            self.request
        )  # as it was submitted; one that is run again comes from the journal, which keeps no key
        self.request = restore(self.said)
        self._started = self.executor.working_clock()

    @property
    def seconds(self) -> float:
        """Seconds of work since the turn began; the time that questions waited for a person is not counted."""
        return self.executor.working_clock() - self._started

    @property
    def scope(self) -> TurnScope:
        """The turn as the executor sees it."""
        return TurnScope(
            session=self.session,
            turn=self.number,
            emit=self.emit,
            before_change=self.before_change,
            after_changes=self.after_changes,
        )

    def before_change(self, relpath: str) -> None:
        """Keep what a path holds before it is touched (or that there was nothing), so that undo can bring it back."""
        self.checkpoints.before(self.number, relpath)
        self._touched.append(relpath)

    def after_changes(self) -> None:
        """Note what the touched paths hold now, so that undo can tell a person's later change from this turn's."""
        while self._touched:
            self.checkpoints.after(self.number, self._touched.pop())

    def note_written(self, relpath: str) -> None:
        """Remember a file for the figures of the turn."""
        if relpath not in self.written:
            self.written.append(relpath)
