"""What is remembered beside the journal: messages, plans, figures and the audit table, each in its own place."""

import logging
from collections import deque
from collections.abc import Callable

from codey_tui.engine.approvals import Decision
from codey_tui.engine.masking import mask, masked
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import ActionResult, AuditRow
from codey_tui.store.connection import StoreError
from codey_tui.store.database import Database

log = logging.getLogger(__name__)


class Records:
    """Writes the parts of the database that people and commands ask for by subject.

    A full disk stops nothing that is under way: what it refuses is written in its order when there is room. Only
    `open_row` raises StoreError, since an action without a row must not run.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Callable[[], object]] = deque()

    def note(self, session: str, turn: int, event: ev.Event, at: float) -> None:
        """Keep what a durable event says about a message, a plan or figures; keys in it become placeholders."""
        database = self._database
        event = masked(event)
        match event:
            case ev.TurnStarted(message=message) | ev.MessageAdded(message=message):
                self.write(lambda: database.messages.put(session, turn, message))
            case ev.PlanProposed(plan=plan):
                self.write(lambda: database.plans.put(session, turn, at, plan))
            case ev.PlanDecided(plan_id=plan_id, verdict=verdict, chunks=chunks, decided_by=decider, reason=reason):
                self.write(lambda: database.plans.decide(plan_id, verdict, chunks, decider, reason))
            case ev.TurnEnded(result=result, figures=figures):
                self.write(lambda: database.figures.put(session, turn, at, result, figures))
            case _:
                return

    def open_row(self, row: AuditRow) -> None:
        """Write the row of an action before it runs, without the keys in it. Raises StoreError."""
        self._database.audit.open_row(masked(row))

    def settle(self, action_id: str, decision: Decision, at: float) -> None:
        """Write who decided what."""
        self.write(
            lambda: self._database.audit.settle(
                action_id, decision.verdict, decision.scope, decision.decided_by, at, mask(decision.reason)
            )
        )

    def close(self, row: AuditRow, result: ActionResult, outcome: str, hash_after: str = "") -> None:
        """Write how the action ended."""
        self.write(
            lambda: self._database.audit.close(
                row.action_id,
                outcome,
                sandbox=row.sandbox,
                exit_code=result.exit_code,
                seconds=result.seconds,
                bytes_out=len(result.output.encode()),
                hash_before=row.hash_before,
                hash_after=hash_after,
            )
        )

    def close_interrupted(self) -> None:
        """Close the rows that an engine which died left open."""
        self.write(self._database.audit.close_interrupted)

    def flush(self) -> bool:
        """Try again to write what a full disk refused; True when nothing waits."""
        while self._waiting:
            try:
                self._waiting[0]()
            except StoreError as error:
                log.warning("records wait for the disk: %s", error)
                return False
            self._waiting.popleft()
        return True

    def write(self, write: Callable[[], object]) -> None:
        """Carry a change out, after those that wait for the disk."""
        self._waiting.append(write)
        self.flush()
