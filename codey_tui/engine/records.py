"""What is remembered beside the journal: messages, plans, figures and the audit table, each in its own place."""

from codey_tui.engine.approvals import Decision
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import ActionResult, AuditRow
from codey_tui.store.database import Database


class Records:
    """Writes the parts of the database that people and commands ask for by subject."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, session: str, turn: int, event: ev.Event, at: float) -> None:
        """Keep what a durable event says about a message, a plan or figures."""
        database = self._database
        match event:
            case ev.TurnStarted(message=message) | ev.MessageAdded(message=message):
                database.messages.put(session, turn, message)
            case ev.PlanProposed(plan=plan):
                database.plans.put(session, turn, at, plan)
            case ev.PlanDecided():
                database.plans.decide(event.plan_id, event.verdict, event.chunks, event.decided_by, event.reason)
            case ev.TurnEnded(result=result, figures=figures):
                database.figures.put(session, turn, at, result, figures)
            case _:
                return

    def open_row(self, row: AuditRow) -> None:
        """Write the row of an action before it runs."""
        self._database.audit.open_row(row)

    def settle(self, action_id: str, decision: Decision, at: float) -> None:
        """Write who decided what."""
        self._database.audit.settle(
            action_id, decision.verdict, decision.scope, decision.decided_by, at, decision.reason
        )

    def close(self, row: AuditRow, result: ActionResult, outcome: str, hash_after: str = "") -> None:
        """Write how the action ended."""
        self._database.audit.close(
            row.action_id,
            outcome,
            sandbox=row.sandbox,
            exit_code=result.exit_code,
            seconds=result.seconds,
            bytes_out=len(result.output.encode()),
            hash_before=row.hash_before,
            hash_after=hash_after,
        )
