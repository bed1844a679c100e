"""Events: what happened, in the past tense. Everything a person sees is a fold of these."""

from typing import Literal

import msgspec

from codey_tui.protocol.actions import Action, ActionResult, ApprovalMode, Decider, Preview, Risk, Scope, Verdict
from codey_tui.protocol.chat import Message
from codey_tui.protocol.models import Figures, Gauges, ModelInfo, PromptPart, Route, SessionInfo
from codey_tui.protocol.plan import ChunkState, Plan

PullResult = Literal["done", "failed", "cancelled"]
TurnResult = Literal["done", "failed", "cancelled", "rejected"]
NoticeLevel = Literal["info", "warning", "error"]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of every Event: immutable, named by its class in the wire form."""


# --- session -------------------------------------------------------------------------------------------------------
class SessionOpened(_Event, frozen=True):
    """A session became the present one: what follows belongs to it."""

    session: SessionInfo
    mode: ApprovalMode
    model: ModelInfo


class SessionsRemoved(_Event, frozen=True):
    """Stored sessions were removed; `text` says in a sentence what stays of them."""

    sessions: tuple[str, ...]
    text: str


class ModeChanged(_Event, frozen=True):
    """The approval mode changed."""

    mode: ApprovalMode


class ModelChanged(_Event, frozen=True):
    """A model's state, or the chosen model, changed."""

    model: ModelInfo


class ModelPullEnded(_Event, frozen=True):
    """Fetching a model is over. `model` is what was asked for, `id` what it is chosen by once it is here; `text` says in a
    sentence how it went."""

    model: str
    result: PullResult
    id: str = ""
    text: str = ""


class ModelRemoved(_Event, frozen=True):
    """A model can no longer be chosen; `text` says in a sentence what became of its file."""

    model: str
    text: str


class Noticed(_Event, frozen=True):
    """A sentence for the person that belongs to no chunk: a warning, an error, a hint."""

    level: NoticeLevel
    text: str


# --- turn ----------------------------------------------------------------------------------------------------------
class TurnStarted(_Event, frozen=True):
    """A turn began with this message of the person. `files` are workspace-relative paths that came with it."""

    message: Message
    files: tuple[str, ...] = ()


class PromptQueued(_Event, frozen=True):
    """A prompt waits for the running turn to end. `waiting` counts the queue, this one included."""

    text: str
    waiting: int


class RouteChosen(_Event, frozen=True):
    """The router said what the request is."""

    route: Route


class PlanProposed(_Event, frozen=True):
    """A plan waits for a decision."""

    plan: Plan


class PlanDecided(_Event, frozen=True):
    """The plan was allowed (with these chunk ids, in order) or rejected."""

    plan_id: str
    verdict: Verdict
    chunks: tuple[str, ...]
    decided_by: Decider
    reason: str = ""


class PromptForecast(_Event, frozen=True):
    """Reading a prompt will take long: its `new` tokens about `seconds` at the rate measured here; `cached` more were read
    before. `parts` could be left out. It waits for a `DecidePrompt` where it is `asked`."""

    question_id: str
    stream: str
    new: int
    cached: int
    seconds: float
    parts: tuple[PromptPart, ...] = ()
    asked: bool = True


class PromptDecided(_Event, frozen=True):
    """A prompt that takes long is sent, without the parts `left_out`, or it is not."""

    question_id: str
    verdict: Verdict
    decided_by: Decider
    left_out: tuple[str, ...] = ()


class MessageAdded(_Event, frozen=True):
    """A whole message; it ends and replaces what `TokensGenerated` streamed for the same id."""

    message: Message


class TurnPaused(_Event, frozen=True):
    """The turn waits between two chunks; `text` says why, and what lets it go on. `ResumeTurn` does."""

    text: str


class TurnResumed(_Event, frozen=True):
    """A turn that waited goes on."""

    text: str


class TurnEnded(_Event, frozen=True):
    """The turn is over. `reason` is a sentence unless it is done; `can_retry` says that RetryTurn makes sense,
    `beyond` that a larger model may do it. `untrusted` is a sentence where a model lost the beginning of what it was sent."""

    result: TurnResult
    figures: Figures
    reason: str = ""
    can_retry: bool = False
    beyond: bool = False
    untrusted: str = ""


class TurnUndone(_Event, frozen=True):
    """Files of a turn were brought back; `restored` had content before, `removed` did not exist before."""

    turn: int
    restored: tuple[str, ...]
    removed: tuple[str, ...]


# --- chunks --------------------------------------------------------------------------------------------------------
class ChunkStarted(_Event, frozen=True):
    """Work on a chunk began; `index` counts from 1. `attempt` is above 1 for a repair."""

    chunk_id: str
    index: int
    total: int
    title: str
    path: str
    language: str
    max_tokens: int
    attempt: int = 1


class ChunkEnded(_Event, frozen=True):
    """A chunk ended. `content` is the whole generated text, so that a client that missed deltas shows the same."""

    chunk_id: str
    state: ChunkState
    figures: Figures
    content: str = ""
    reason: str = ""


class FileWritten(_Event, frozen=True):
    """A file is whole on disk at `path` (workspace-relative)."""

    path: str
    size: int
    sha256: str
    created: bool


class VerificationEnded(_Event, frozen=True):
    """The verifier looked at a file; `attempt` counts from 1, `detail` is the error text when not ok."""

    path: str
    ok: bool
    check: str
    attempt: int
    detail: str = ""


# --- actions -------------------------------------------------------------------------------------------------------
class ActionProposed(_Event, frozen=True):
    """An action waits for an answer."""

    action: Action
    risk: Risk
    preview: Preview
    sandbox: str


class ActionSettled(_Event, frozen=True):
    """An action was allowed or rejected; the first answer won. `title` says what it was, also where nobody was asked."""

    action_id: str
    verdict: Verdict
    scope: Scope
    decided_by: Decider
    reason: str = ""
    title: str = ""


class ActionStarted(_Event, frozen=True):
    """An allowed action began to run, with the command line or title that is shown."""

    action: Action
    title: str
    sandbox: str


class ActionEnded(_Event, frozen=True):
    """An action ended."""

    action_id: str
    result: ActionResult


# --- deltas: may be merged or dropped for a slow client -------------------------------------------------------------
class ModelLoadProgressed(_Event, frozen=True):
    """Loading a model, 0..1."""

    model: str
    fraction: float


class ModelPullProgressed(_Event, frozen=True):
    """A model is being fetched: `done` of `size` bytes are there (0 of 0: it begins), `rate` more come each second (0: not
    known)."""

    model: str
    done: int
    size: int
    rate: float = 0.0


class PromptEvaluated(_Event, frozen=True):
    """Prompt evaluation: tokens `done` of `total` to evaluate; `cached` came from the KV cache. What is left takes about
    `seconds` at the rate measured here (0: not known)."""

    stream: str
    done: int
    total: int
    cached: int
    seconds: float = 0.0


class TokensGenerated(_Event, frozen=True):
    """Text of a stream (a chunk id or a message id) from character `offset` on; `tokens` generated so far.

    Deltas are idempotent: a client keeps `offset` characters of what it has and appends `text`.
    """

    stream: str
    offset: int
    text: str
    tokens: int


class FileGrew(_Event, frozen=True):
    """A file being generated now holds `size` bytes."""

    path: str
    size: int
    lines: int


class ActionOutput(_Event, frozen=True):
    """Output of a running action from character `offset` on."""

    action_id: str
    offset: int
    text: str


class GaugesRead(_Event, frozen=True):
    """A reading of the machine, about once a second while a client listens."""

    gauges: Gauges


Delta = (
    ModelLoadProgressed | ModelPullProgressed | PromptEvaluated | TokensGenerated | FileGrew | ActionOutput | GaugesRead
)
DELTAS = (
    ModelLoadProgressed,
    ModelPullProgressed,
    PromptEvaluated,
    TokensGenerated,
    FileGrew,
    ActionOutput,
    GaugesRead,
)

Event = (
    SessionOpened
    | SessionsRemoved
    | ModeChanged
    | ModelChanged
    | ModelPullEnded
    | ModelRemoved
    | Noticed
    | TurnStarted
    | PromptQueued
    | RouteChosen
    | PlanProposed
    | PlanDecided
    | PromptForecast
    | PromptDecided
    | MessageAdded
    | TurnPaused
    | TurnResumed
    | TurnEnded
    | TurnUndone
    | ChunkStarted
    | ChunkEnded
    | FileWritten
    | VerificationEnded
    | ActionProposed
    | ActionSettled
    | ActionStarted
    | ActionEnded
    | ModelLoadProgressed
    | ModelPullProgressed
    | PromptEvaluated
    | TokensGenerated
    | FileGrew
    | ActionOutput
    | GaugesRead
)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way. `seq` counts the durable events of a session from 1; a delta carries the `seq` of the
    durable event before it, so that `listen(after=envelope.seq)` misses nothing. `turn` is 0 outside a turn."""

    seq: int
    session: str
    turn: int
    at: float
    event: Event
