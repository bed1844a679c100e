"""A small in-process Client: it journals scripted events, replays them, and notes every Op it was given."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from codey_tui.protocol.actions import Action, Preview, Risk
from codey_tui.protocol.chat import Message
from codey_tui.protocol.client import Deliver, T, Unsubscribe
from codey_tui.protocol.events import (
    DELTAS,
    ActionProposed,
    ActionSettled,
    Envelope,
    Event,
    SessionOpened,
    TurnEnded,
    TurnStarted,
)
from codey_tui.protocol.models import Figures, ModelInfo, Route, SessionInfo, Status
from codey_tui.protocol.ops import CancelTurn, DecideAction, NewSession, Op, SubmitPrompt
from codey_tui.protocol.queries import GetAudit, GetChunkText, GetRoute, ListSessions, QueryBase

MODEL = ModelInfo(id="fake", title="Fake", path="/nowhere/fake.gguf", state="ready")
ACTION = Action(id="a1", tool="shell", args={"command": "true"})
PROPOSED = ActionProposed(
    action=ACTION,
    risk=Risk(level="execute", reason="It runs a command."),
    preview=Preview(kind="command", title="true", body="true"),
    sandbox="none",
)


class FakeEngine:
    """Implements `Client` on the loop that uses it. A prompt opens a turn that stays open until `end_turn`."""

    def __init__(self, *, version: str = "0.0.0", on_op: Callable[["FakeEngine", Op], None] | None = None) -> None:
        self.version = version
        self.ops: list[Op] = []
        self.journal: list[Envelope] = []
        self.listeners: list[Deliver] = []
        self.turn = 0
        self.busy = False
        self.waiting_action = ""
        self.on_op = on_op
        self.session = SessionInfo(id="s1", title="", created=0.0, updated=0.0)
        self.emit(SessionOpened(session=self.session, mode="ask", model=MODEL))

    def emit(self, event: Event) -> None:
        """Journal an event when it is durable, and deliver it."""
        delta = isinstance(event, DELTAS)
        seq = len(self.journal) + (not delta)
        envelope = Envelope(seq=seq, session=self.session.id, turn=self.turn, at=time.time(), event=event)
        if not delta:
            self.journal.append(envelope)
        for deliver in tuple(self.listeners):
            deliver(envelope)

    def submit(self, op: Op) -> None:
        self.ops.append(op)
        match op:
            case SubmitPrompt(text=text):
                self.turn += 1
                self.busy = True
                message = Message(id=f"m{self.turn}", role="user", text=text, at=0.0)
                self.emit(TurnStarted(message=message))
            case DecideAction() if op.action_id == self.waiting_action:
                self.waiting_action = ""
                self.emit(
                    ActionSettled(action_id=op.action_id, verdict=op.verdict, scope=op.scope, decided_by="person")
                )
            case CancelTurn() if self.busy:
                self.end_turn("cancelled")
            case NewSession():
                self.session = SessionInfo(id="s2", title="", created=0.0, updated=0.0)
                self.journal.clear()
                self.emit(SessionOpened(session=self.session, mode="ask", model=MODEL))
            case _:
                pass
        if self.on_op is not None:
            self.on_op(self, op)

    def propose(self) -> None:
        """An action that waits for the first answer."""
        self.waiting_action = ACTION.id
        self.emit(PROPOSED)

    def end_turn(self, result: Any = "done") -> None:
        """End the open turn."""
        self.busy = False
        self.emit(TurnEnded(result=result, figures=Figures()))

    async def ask(self, query: QueryBase[T]) -> T:
        await asyncio.sleep(0)
        answer: object
        match query:
            case ListSessions():
                answer = [self.session]
            case GetAudit():
                answer = []
            case GetRoute():
                answer = Route(kind="code", confidence=1.0, decided_by="fake", milliseconds=0.0)
            case GetChunkText(chunk_id=chunk):
                if chunk == "missing":
                    raise LookupError("There is no chunk missing.")
                answer = "text of " + chunk
            case _:
                answer = self._status()
        return cast(T, answer)

    def _status(self) -> Status:
        return Status(
            version=self.version,
            pid=0,
            workspace="",
            session=self.session,
            seq=len(self.journal),
            mode="ask",
            model=MODEL,
            models=(MODEL,),
            busy=self.busy,
            turn=self.turn,
            clients=len(self.listeners),
            started=0.0,
        )

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe:
        for envelope in self.journal:
            if envelope.seq > after:
                deliver(envelope)
        self.listeners.append(deliver)
        return lambda: self.listeners.remove(deliver) if deliver in self.listeners else None
