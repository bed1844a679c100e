"""The journal: every durable event of a session in order, so that a client or a new engine can go on from any point."""

import msgspec

from codey_tui.store.connection import Connection


class JournalRow(msgspec.Struct, frozen=True):
    """One event as it was sent: `event` is the JSON of the tagged struct, `at` Unix time in seconds."""

    seq: int
    session: str
    turn: int
    at: float
    event: str


class Journal:
    """The journals of all sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, seq: int, session: str, turn: int, at: float, event_json: bytes | str) -> None:
        """One event on disk, in a transaction of its own. Raises StoreError, also where `seq` is taken."""
        event = event_json if isinstance(event_json, str) else event_json.decode()
        row = {"seq": seq, "session": session, "turn": turn, "at": at, "event": event}
        self._connection.insert("journal", row)

    def read(self, session: str, after: int = 0) -> list[JournalRow]:
        """The session's events with seq > `after`, in order."""
        rows = self._connection.rows(
            "SELECT seq, session, turn, at, event FROM journal WHERE session = ? AND seq > ? ORDER BY seq",
            (session, after),
        )
        return [JournalRow(**row) for row in rows]

    def last_seq(self, session: str) -> int:
        """The seq of the session's last event, 0 where it has none."""
        rows = self._connection.rows("SELECT coalesce(max(seq), 0) AS seq FROM journal WHERE session = ?", (session,))
        return rows[0]["seq"]
