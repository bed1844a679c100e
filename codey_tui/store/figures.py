"""Figures: what each turn cost and how it ended."""

import msgspec

from codey_tui.protocol.models import Figures
from codey_tui.store.connection import Connection

_PUT = """
INSERT INTO figures (session, turn, at, result, figures) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (session, turn) DO UPDATE SET at = excluded.at, result = excluded.result, figures = excluded.figures
"""


class FiguresRow(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one turn; `at` is the Unix time of its end, `result` that of TurnEnded."""

    session: str
    turn: int
    at: float
    result: str
    figures: Figures


class FigureLog:
    """The figures of all turns in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, session: str, turn: int, at: float, result: str, figures: Figures) -> None:
        """Store the figures of a turn; a retry of the turn replaces them."""
        self._connection.change(_PUT, (session, turn, at, result, msgspec.json.encode(figures).decode()))

    def list(self, session: str = "") -> list[FiguresRow]:
        """The figures of a session (empty: of all), in the order in which the turns ended."""
        rows = self._connection.rows("SELECT * FROM figures WHERE ? IN ('', session) ORDER BY at, turn", (session,))
        return [
            FiguresRow(
                session=row["session"],
                turn=row["turn"],
                at=row["at"],
                result=row["result"],
                figures=msgspec.json.decode(row["figures"], type=Figures),
            )
            for row in rows
        ]
