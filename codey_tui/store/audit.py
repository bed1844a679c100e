"""The audit table: a row for every action, written before anything runs and closed after it."""

from typing import Any

import msgspec

from codey_tui.protocol.actions import AuditRow, Decider, Scope, Verdict
from codey_tui.store.connection import Connection

_SETTLE = """
UPDATE audit SET verdict = ?, scope = ?, decided_by = ?, decided_at = ?, reason = ?
WHERE action_id = ? AND verdict IS NULL
"""
_CLOSE = """
UPDATE audit SET outcome = ?, sandbox = ?, exit_code = ?, seconds = ?, bytes_out = ?, hash_before = ?, hash_after = ?
WHERE action_id = ?
"""


class Audit:
    """The audit table of one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_row(self, row: AuditRow) -> None:
        """Write the row of an action that has not run yet. Raises StoreError: then the action must not run."""
        values = msgspec.structs.asdict(row)
        values["args"] = msgspec.json.encode(row.args).decode()
        self._connection.insert("audit", values)

    def settle(
        self, action_id: str, verdict: Verdict, scope: Scope, decided_by: Decider, at: float, reason: str = ""
    ) -> bool:
        """Note the answer, given at Unix time `at`; False where there was one already: the first counts."""
        return self._connection.change(_SETTLE, (verdict, scope, decided_by, at, reason, action_id)) == 1

    def close(
        self,
        action_id: str,
        outcome: str,
        *,
        sandbox: str = "",
        exit_code: int | None = None,
        seconds: float | None = None,
        bytes_out: int | None = None,
        hash_before: str = "",
        hash_after: str = "",
    ) -> None:
        """Note how the action ended; `outcome` is a short text, such as "done", "failed", "rejected"."""
        values = (outcome, sandbox, exit_code, seconds, bytes_out, hash_before, hash_after, action_id)
        self._connection.change(_CLOSE, values)

    def close_interrupted(self) -> int:
        """Close what an engine that died left open, with the outcome "interrupted"; how many rows that were."""
        return self._connection.change("UPDATE audit SET outcome = ? WHERE outcome = ''", ("interrupted",))

    def get(self, action_id: str) -> AuditRow | None:
        rows = self._connection.rows("SELECT * FROM audit WHERE action_id = ?", (action_id,))
        return _row(rows[0]) if rows else None

    def list(self, session: str = "", limit: int = 200) -> list[AuditRow]:
        """The last `limit` rows of a session (empty: of all), the latest last."""
        rows = self._connection.rows(
            "SELECT * FROM audit WHERE ? IN ('', session) ORDER BY number DESC LIMIT ?", (session, limit)
        )
        return [_row(row) for row in reversed(rows)]


def _row(row: dict[str, Any]) -> AuditRow:
    values = {key: value for key, value in row.items() if key != "number"}
    values["args"] = msgspec.json.decode(row["args"])
    return AuditRow(**values)
