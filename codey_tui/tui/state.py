"""What the screen shows, as frozen structs: the result of folding events, free of Textual."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from codey_tui.protocol.actions import ApprovalMode, Preview, Risk
from codey_tui.protocol.events import TurnResult
from codey_tui.protocol.models import Figures, Gauges, ModelInfo, PromptPart, Route, SessionInfo
from codey_tui.protocol.plan import Chunk, ChunkState

LineRole = Literal["user", "assistant", "system", "tool", "file"]
Phase = Literal["idle", "routing", "waiting", "loading", "reading", "writing", "running", "checking"]
PlanState = Literal["proposed", "approved", "rejected"]

HISTORY = 32
"""Samples of tokens per second that are kept for the sparkline."""
NOTICES = 50
"""Notices that are kept; older ones stay in the transcript."""


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every part of the view."""


class Line(_State, frozen=True):
    """One entry of the transcript. `text` is Markdown; `open` while more of it is expected."""

    key: str
    role: LineRole
    text: str
    title: str = ""
    open: bool = False


class ChunkView(_State, frozen=True):
    """A chunk of the plan and how far it is. `seconds` is wall time, `attempt` above 1 a repair."""

    chunk: Chunk
    state: ChunkState = "pending"
    tokens: int = 0
    seconds: float = 0.0
    attempt: int = 1
    reason: str = ""


class PlanView(_State, frozen=True):
    """The plan on the screen, with its chunks in the order in which they run."""

    id: str
    request: str
    state: PlanState
    chunks: tuple[ChunkView, ...]
    reason: str = ""


class PendingAction(_State, frozen=True):
    """An action that waits for an answer."""

    id: str
    tool: str
    risk: Risk
    preview: Preview
    sandbox: str


class RunningAction(_State, frozen=True):
    """An action that runs."""

    id: str
    title: str
    sandbox: str
    output: str = ""


class GrowingFile(_State, frozen=True):
    """A file that is being generated; `size` in bytes."""

    path: str
    size: int
    lines: int


class Progress(_State, frozen=True):
    """What goes on now. `done` of `total` are tokens (or a fraction of 1 while loading); `total` 0 means unknown.

    `rate` is in tokens per second; `seconds_left` is the time to the ceiling at this rate, None where unknown.
    """

    phase: Phase = "idle"
    label: str = ""
    done: float = 0.0
    total: float = 0.0
    cached: int = 0
    chunk: int = 0
    chunks: int = 0
    rate: float = 0.0
    seconds_left: float | None = None


class Meter(_State, frozen=True):
    """The last reading of the running stream, from which the next rate is worked out. `at` is Unix time."""

    stream: str = ""
    at: float = 0.0
    tokens: int = 0


class CostView(_State, frozen=True):
    """A prompt that waits for an answer: its `new` tokens take about `seconds` to read, and it could do without `parts`."""

    id: str
    new: int
    cached: int
    seconds: float
    parts: tuple[PromptPart, ...] = ()


class PullView(_State, frozen=True):
    """A model that is being fetched: `done` of `size` bytes (0: not known yet), `rate` bytes a second (0: not known yet)."""

    model: str
    done: int = 0
    size: int = 0
    rate: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None where it is not known."""
        return (self.size - self.done) / self.rate if self.rate > 0 else None


class Notice(_State, frozen=True):
    """A sentence for the person. `serial` counts up, so that a screen shows each once."""

    serial: int
    level: Literal["info", "warning", "error"]
    text: str
    at: float


class LastTurn(_State, frozen=True):
    """How the last turn ended."""

    result: TurnResult
    figures: Figures
    reason: str = ""
    can_retry: bool = False
    beyond: bool = False


class View(_State, frozen=True):
    """All that a screen shows of one session."""

    seq: int = 0
    session: SessionInfo | None = None
    mode: ApprovalMode = "ask"
    model: ModelInfo | None = None
    gauges: Gauges | None = None
    lines: tuple[Line, ...] = ()
    places: dict[str, int] = {}  # where a key was put last; shared by successive views, so it is a hint and is checked
    streams: Mapping[str, str] = {}
    plan: PlanView | None = None
    cost: CostView | None = None
    pending: tuple[PendingAction, ...] = ()
    running: RunningAction | None = None
    growing: tuple[GrowingFile, ...] = ()
    changed: tuple[str, ...] = ()
    route: Route | None = None
    queued: tuple[str, ...] = ()
    busy: bool = False
    turn: int = 0
    progress: Progress = Progress()
    meter: Meter = Meter()
    rates: tuple[float, ...] = ()
    context: int = 0
    cached: int = 0  # of `context`, what was known before the last prompt was read
    last: LastTurn | None = None
    paused: str = ""  # why the running turn waits; empty where it does not
    notices: tuple[Notice, ...] = ()
    pulls: Mapping[str, PullView] = {}
    models_changed: int = 0  # counts up when a model came or went
    removed: frozenset[str] = frozenset()  # the ids of sessions that were removed while this one was open

    @property
    def plan_waits(self) -> bool:
        """Whether a plan waits for a decision."""
        return self.plan is not None and self.plan.state == "proposed"

    @property
    def can_retry(self) -> bool:
        """Whether the last turn can be run again."""
        return not self.busy and self.last is not None and self.last.can_retry

    @property
    def wants_larger(self) -> bool:
        """Whether the last turn was beyond the model."""
        return not self.busy and self.last is not None and self.last.beyond
