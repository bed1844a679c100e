"""Conversations: what models were sent of earlier turns, word for word, so that a prompt begins the same after a restart."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from codey_tui.store.connection import Connection

_ADD = "INSERT OR REPLACE INTO conversations (session, position, role, text) VALUES (?, ?, ?, ?)"


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One message; `position` grows within a session."""

    position: int
    role: Literal["user", "assistant"]
    text: str


class Conversations:
    """The conversations of all sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session: str, said: Sequence[Saying]) -> None:
        """Store messages at their positions."""
        for one in said:
            self._connection.change(_ADD, (session, one.position, one.role, one.text))

    def drop_before(self, session: str, position: int | None) -> None:
        """Remove the messages before a position; None: all."""
        self._connection.change(
            "DELETE FROM conversations WHERE session = ? AND (? IS NULL OR position < ?)", (session, position, position)
        )

    def list(self, session: str) -> list[Saying]:
        """The messages of a session in order."""
        rows = self._connection.rows(
            "SELECT position, role, text FROM conversations WHERE session = ? ORDER BY position", (session,)
        )
        return [Saying(**row) for row in rows]
