"""A Client that delivers a written list of events and remembers every Op: an engine without an engine."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol.client import Deliver, EngineGone, QueryFailed, Unsubscribe
from codey_tui.protocol.events import DELTAS, Envelope, Event
from codey_tui.protocol.models import Gauges, ModelInfo, ModelOffer, ModelRung, ModelsHere, Route, SessionInfo, Status
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import GetStatus, ListModels, ListSessions

START = 1_700_000_000.0
SESSION = SessionInfo(id="s1", title="Fibonacci", created=START, updated=START, turns=1)
MODEL = ModelInfo(id="nano", title="Codey nano", path="nano.gguf", state="ready", size=38_000_000, n_ctx=4096)
OTHER_MODEL = ModelInfo(id="qwen", title="Qwen2.5-Coder 1.5B", path="q.gguf", state="idle", size=1_100_000_000)
GAUGES = Gauges(engine_rss=62 * 2**20, models_rss=148 * 2**20, budget=5600 * 2**20, cpu_percent=71.0, temperature=54.0)


def _offer(id: str, title: str, path: str = "", **more: Any) -> ModelOffer:
    return ModelOffer(id=id, title=title, path=path, n_ctx=8192, kv_type="f16", **more)


HERE = ModelsHere(
    n_ctx=8192,
    room=5600 * 2**20,
    limit="memory_budget_mb",
    offers=(
        _offer(
            "qwen2.5-coder-1.5b",
            "Qwen2.5-Coder 1.5B",
            size=1_117_320_768,
            needs=1_484_000_000,
            fits=True,
            recommended=True,
            licence="Apache-2.0",
        ),
        _offer(
            "nano",
            "Codey nano",
            "nano.gguf",
            size=38_000_000,
            needs=6_200_000_000,
            rungs=(
                ModelRung(n_ctx=8192, kv_type="q8_0", needs=5_500_000_000),
                ModelRung(n_ctx=4096, kv_type="f16", needs=5_400_000_000),
            ),
        ),
        _offer("torn", "Torn", "torn.gguf", problem="torn.gguf is cut short."),
        _offer("gemma-4-e4b", "Gemma 4 E4B", size=5_335_291_936, licence="Apache-2.0"),
    ),
)


def envelopes(
    events: Sequence[Event], *, session: str = "s1", turn: int = 1, seq: int = 0, at: float = START, step: float = 0.2
) -> list[Envelope]:
    """Events in envelopes as the engine would number them, `step` seconds apart."""
    out: list[Envelope] = []
    for number, event in enumerate(events):
        if not isinstance(event, DELTAS):
            seq += 1
        out.append(Envelope(seq=seq, session=session, turn=turn, at=at + number * step, event=event))
    return out


class ScriptedClient:
    """Implements `Client`. `say` delivers events live; `ops` is what was submitted, in order."""

    def __init__(self, events: Sequence[Event] = (), *, sessions: Sequence[SessionInfo] = (SESSION,)) -> None:
        self.ops: list[Op] = []
        self.sent: list[Envelope] = envelopes(events)
        self.sessions = list(sessions)
        self.models: tuple[ModelInfo, ...] = (MODEL, OTHER_MODEL)
        self.here = HERE
        self.gone = ""
        self.unanswered = ""
        self.listens: list[int] = []
        self._deliver: Deliver | None = None

    def submit(self, op: Op) -> None:
        """Remember an Op."""
        self._need_engine()
        self.ops.append(op)

    def _need_engine(self) -> None:
        if self.gone:
            raise EngineGone(self.gone)

    async def ask(self, query: Any) -> Any:
        """Answer from what the test wrote."""
        self._need_engine()
        if self.unanswered:
            raise QueryFailed(self.unanswered)
        if isinstance(query, ListSessions):
            return list(self.sessions)
        if isinstance(query, ListModels):
            return self.here
        if isinstance(query, GetStatus):
            return Status(
                version="1",
                pid=1,
                workspace=".",
                session=SESSION,
                seq=0,
                mode="ask",
                model=self.models[0] if self.models else MODEL,
                models=self.models,
                busy=False,
                turn=0,
                clients=1,
                started=START,
                gauges=GAUGES,
            )
        return Route(kind="code", confidence=1.0, decided_by="rules", milliseconds=0.1)

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe:
        """Replay durable events after `after`, then go on live."""
        self.listens.append(after)
        self._deliver = deliver
        for envelope in self.sent:
            if envelope.seq > after or isinstance(envelope.event, DELTAS):
                deliver(envelope)

        def unsubscribe() -> None:
            if self._deliver is deliver:
                self._deliver = None

        return unsubscribe

    def say(self, *events: Event, session: str = "s1", turn: int = 1) -> None:
        """Deliver events now."""
        last = self.sent[-1] if self.sent else None
        fresh = envelopes(
            events,
            session=session,
            turn=turn,
            seq=last.seq if last else 0,
            at=(last.at if last else START) + 0.5,
        )
        self.sent += fresh
        self._send(fresh)

    def say_from(self, session: SessionInfo, *events: Event) -> None:
        """Open another session, whose events then follow."""
        self.sent = [replace(envelope, session=session.id) for envelope in envelopes(events)]
        self._send(self.sent)

    def _send(self, told: Sequence[Envelope]) -> None:
        for envelope in told:
            if self._deliver is not None:
                self._deliver(envelope)
