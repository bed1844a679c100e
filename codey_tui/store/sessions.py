"""Sessions: the conversations held in a workspace."""

import msgspec

from codey_tui.protocol.models import SessionInfo
from codey_tui.store.connection import Connection

_LIST = "SELECT * FROM sessions ORDER BY updated DESC, created DESC, rowid DESC LIMIT ?"


class Sessions:
    """The sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, session: SessionInfo) -> None:
        """Store a new session. Raises StoreError where the id is taken."""
        self._connection.insert("sessions", msgspec.structs.asdict(session))

    def touch(self, session: str, at: float, turns: int | None = None) -> None:
        """Note that the session was used at Unix time `at`; with `turns` also how many turns it has now."""
        self._connection.change(
            "UPDATE sessions SET updated = max(updated, ?), turns = coalesce(?, turns) WHERE id = ?",
            (at, turns, session),
        )

    def title(self, session: str, title: str) -> None:
        self._connection.change("UPDATE sessions SET title = ? WHERE id = ?", (title, session))

    def get(self, session: str) -> SessionInfo | None:
        rows = self._connection.rows("SELECT * FROM sessions WHERE id = ?", (session,))
        return SessionInfo(**rows[0]) if rows else None

    def last(self) -> SessionInfo | None:
        """The session used last, None in a workspace that has none."""
        found = self.list(1)
        return found[0] if found else None

    def list(self, limit: int = 50) -> list[SessionInfo]:
        """The sessions used last, the latest first."""
        rows = self._connection.rows(_LIST, (limit,))
        return [SessionInfo(**row) for row in rows]
