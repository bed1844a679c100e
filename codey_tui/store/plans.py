"""Plans: what was proposed for a turn and what a person made of it."""

from typing import Any

import msgspec

from codey_tui.protocol.actions import Decider, Verdict
from codey_tui.protocol.plan import Plan
from codey_tui.store.connection import Connection

_PUT = """
INSERT INTO plans (id, session, turn, at, plan) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, at = excluded.at, plan = excluded.plan
"""
_DECIDE = "UPDATE plans SET verdict = ?, chunks = ?, decided_by = ?, reason = ? WHERE id = ? AND verdict IS NULL"


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan; `verdict` is None while nobody answered. `chunks` are the ids that were allowed, in order."""

    plan: Plan
    session: str
    turn: int
    at: float
    verdict: Verdict | None = None
    chunks: tuple[str, ...] = ()
    decided_by: Decider | None = None
    reason: str = ""


class Plans:
    """The plans of all sessions in one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, session: str, turn: int, at: float, plan: Plan) -> None:
        """Store a plan; one with the same id is replaced, its decision stays."""
        self._connection.change(_PUT, (plan.id, session, turn, at, msgspec.json.encode(plan).decode()))

    def decide(
        self, plan_id: str, verdict: Verdict, chunks: tuple[str, ...], decided_by: Decider, reason: str = ""
    ) -> bool:
        """Note the answer; False where there was one already: the first counts."""
        values = (verdict, msgspec.json.encode(chunks).decode(), decided_by, reason, plan_id)
        return self._connection.change(_DECIDE, values) == 1

    def get(self, plan_id: str) -> PlanRow | None:
        rows = self._connection.rows("SELECT * FROM plans WHERE id = ?", (plan_id,))
        return _row(rows[0]) if rows else None

    def of_turn(self, session: str, turn: int) -> PlanRow | None:
        """The latest plan of a turn, None where it had none."""
        rows = self._connection.rows(
            "SELECT * FROM plans WHERE session = ? AND turn = ? ORDER BY at DESC, rowid DESC LIMIT 1", (session, turn)
        )
        return _row(rows[0]) if rows else None


def _row(row: dict[str, Any]) -> PlanRow:
    return PlanRow(
        plan=msgspec.json.decode(row["plan"], type=Plan),
        session=row["session"],
        turn=row["turn"],
        at=row["at"],
        verdict=row["verdict"],
        chunks=msgspec.json.decode(row["chunks"], type=tuple[str, ...]) if row["chunks"] else (),
        decided_by=row["decided_by"],
        reason=row["reason"],
    )
