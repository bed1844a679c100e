"""The stored conversations of this workspace."""

from collections.abc import Sequence

from codey_tui.protocol.models import SessionInfo
from codey_tui.tui.screens.choice import Choice, Row
from codey_tui.tui.telling import counted

NEW = "\0new"
"""What the screen returns for a new session."""


def ago(seconds: float) -> str:
    """How long ago something was."""
    for limit, unit, noun in ((60, 1, ""), (3600, 60, "minute"), (86400, 3600, "hour"), (float("inf"), 86400, "day")):
        if seconds < limit:
            return "just now" if not noun else f"{counted(int(seconds // unit), noun)} ago"
    return ""


class SessionsScreen(Choice):
    """Returns the id of a session to open, or `NEW`. `now` is Unix time."""

    def __init__(self, sessions: Sequence[SessionInfo], present: str, now: float) -> None:
        rows = [Row(NEW, "New session", "An empty conversation; this one stays stored.", "n")]
        rows += [
            Row(held.id, held.title or "Untitled", f"{counted(held.turns, 'turn')} · {ago(now - held.updated)}")
            for held in sessions
            if held.turns or held.title or held.id == present
        ]
        super().__init__("Sessions", rows, chosen=present)
