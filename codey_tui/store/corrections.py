"""Corrections: what a person said a request was, where the router had taken it for something else."""

import msgspec

from codey_tui.protocol.models import RouteKind
from codey_tui.store.connection import Connection

_COLUMNS = "text, kind, was, decided_by, at, session, turn"


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One corrected route: `kind` is right, `was` is what `decided_by` had said; `at` is a Unix time."""

    text: str
    kind: RouteKind
    was: RouteKind
    decided_by: str
    at: float
    session: str
    turn: int


class Corrections:
    """The corrected routes of all sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, correction: Correction) -> None:
        """Store one more."""
        self._connection.insert("corrections", msgspec.structs.asdict(correction))

    def list(self) -> list[Correction]:
        """All of them, the latest last."""
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM corrections ORDER BY number")  # noqa: S608 - our own names
        return [msgspec.convert(row, Correction) for row in rows]
