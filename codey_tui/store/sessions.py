"""Sessions: the conversations held in a workspace."""

import secrets
import time

import msgspec

from codey_tui.protocol.models import SessionInfo
from codey_tui.store.connection import Connection, StoreError

_OF_ONE = ("journal", "messages", "plans", "figures", "conversations")
"""What belongs to a session alone. Its audit rows stay: they say what was done on this machine. So do routes that a person put
right: they are kept to learn from."""
_LIST = "SELECT * FROM sessions ORDER BY updated DESC, created DESC, rowid DESC LIMIT ?"


class Sessions:
    """The sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, at: float, title: str = "") -> SessionInfo:
        """A new, empty session, begun at Unix time `at`. Its id sorts by time. Raises StoreError."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(at))
        session = SessionInfo(id=f"{stamp}-{secrets.token_hex(3)}", title=title, created=at, updated=at)
        self._connection.insert("sessions", msgspec.structs.asdict(session))
        return session

    def touch(self, session: str, at: float, turns: int | None = None) -> None:
        """Note that the session was used at Unix time `at`; with `turns` also how many turns it has now."""
        self._connection.change(
            "UPDATE sessions SET updated = max(updated, ?), turns = coalesce(?, turns) WHERE id = ?",
            (at, turns, session),
        )

    def name(self, session: str, title: str) -> SessionInfo:
        """Give the session a title; how it looks now. Raises StoreError where there is no such session."""
        self._connection.change("UPDATE sessions SET title = ? WHERE id = ?", (title, session))
        found = self.get(session)
        if found is None:
            raise StoreError(f"There is no session {session} in this workspace. `codey sessions` lists them.")
        return found

    def remove(self, session: str) -> None:
        """Remove the session with its events, messages, plans and figures, at one stroke. Raises StoreError."""
        with self._connection.transaction() as connection:
            for table in _OF_ONE:
                connection.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608 - our own names
            connection.execute("DELETE FROM sessions WHERE id = ?", (session,))

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
