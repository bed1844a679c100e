"""The stored conversations of this workspace: opening one, and removing one for good."""

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.widgets import OptionList

from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.ops import Op, RemoveSessions
from codey_tui.tui.screens.choice import Choice, Row, ask_first
from codey_tui.tui.screens.modal import LiveModal
from codey_tui.tui.state import View
from codey_tui.tui.telling import counted

NEW = "\0new"
"""What the screen returns for a new session."""
_REMOVE = (Row("no", "Keep it", "", "n"), Row("yes", "Remove it", "", "y"))
"""What cannot be taken back is not what a stray enter chooses."""
_GOES = (
    "Remove this session for good? What was said in it, what models have read of it and its /undo go. Its actions stay in the audit "
    "table, the files that it wrote stay as they are, and so does the history of prompts."
)


def ago(seconds: float) -> str:
    """How long ago something was."""
    for limit, unit, noun in ((60, 1, ""), (3600, 60, "minute"), (86400, 3600, "hour"), (float("inf"), 86400, "day")):
        if seconds < limit:
            return "just now" if not noun else f"{counted(int(seconds // unit), noun)} ago"
    return ""


class SessionsScreen(Choice, LiveModal[str | None]):
    """Returns the id of a session to open, or `NEW`; removing goes on while it is open. `now` is Unix time, `submit` that of the
    client."""

    BINDINGS = [
        Binding("d", "remove", "Remove", show=False, id="sessions.remove"),
    ]

    def __init__(self, sessions: Sequence[SessionInfo], present: str, now: float, submit: Callable[[Op], None]) -> None:
        rows = [Row(NEW, "New session", "An empty conversation; this one stays stored.", "n")]
        rows += [
            Row(held.id, held.title or "Untitled", f"{counted(held.turns, 'turn')} · {ago(now - held.updated)}")
            for held in sessions
            if held.turns or held.title or held.id == present
        ]
        super().__init__("Sessions", rows, chosen=present, keys="enter · d remove · q back")
        self._submit = submit

    def show_view(self, view: View) -> None:
        """Sessions that were removed go from the list."""
        kept = [row for row in self._rows if row.id not in view.removed]
        if len(kept) < len(self._rows) and self.query(OptionList):
            self.keep(kept)

    def action_remove(self) -> None:
        """Remove the marked session, after a question."""
        row = self.marked()
        if row is None or row.id == NEW:
            self.notify("Mark the session that is to be removed.", timeout=3)
        elif row.id == self._chosen:
            self.notify("It is open. Open another one first, then remove it.", timeout=4)
        else:
            question = Choice("Sessions", _REMOVE, text=f"{row.label}\n\n{_GOES}")
            ask_first(self, question, lambda: self._submit(RemoveSessions(sessions=(row.id,))))
