"""Messages: what was said in a session, by whom, in which turn."""

from codey_tui.protocol.chat import Message
from codey_tui.store.connection import Connection

_PUT = """
INSERT INTO messages (id, session, turn, role, text, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (session, id) DO UPDATE SET role = excluded.role, text = excluded.text, at = excluded.at
"""


class Messages:
    """The messages of all sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, session: str, turn: int, message: Message) -> None:
        """Store a message; one with the same id in the same session is replaced at its place."""
        self._connection.change(_PUT, (message.id, session, turn, message.role, message.text, message.at))

    def list(self, session: str, limit: int = 0) -> list[Message]:
        """The last `limit` messages (0: all), the oldest first."""
        rows = self._connection.rows(
            "SELECT id, role, text, at FROM messages WHERE session = ? ORDER BY number DESC LIMIT ?",
            (session, limit or -1),
        )
        return [Message(**row) for row in reversed(rows)]
