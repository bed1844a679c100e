"""Ops: what a client asks the engine to do. Imperative; nothing comes back but events."""

from typing import Literal

import msgspec

from codey_tui.protocol.actions import ApprovalMode, Rule, Scope, Verdict
from codey_tui.protocol.models import KvType, RouteKind


class _Op(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of every Op: immutable, named by its class in the wire form (`{"type": "SubmitPrompt", ...}`)."""


class SubmitPrompt(_Op, frozen=True):
    """Start a turn with the text of a person. While a turn runs it is queued. `files` are workspace-relative paths; `kind` is
    what the person says the request is (empty: the router decides)."""

    text: str
    files: tuple[str, ...] = ()
    kind: RouteKind | Literal[""] = ""


class DecidePlan(_Op, frozen=True):
    """Answer a proposed plan. `chunks` are the ids to run, in order (empty with `allow`: all as proposed)."""

    plan_id: str
    verdict: Verdict
    chunks: tuple[str, ...] = ()
    reason: str = ""


class DecideAction(_Op, frozen=True):
    """Answer a proposed action; the first answer of any client wins. `reason` goes back to the model. `hunks` are the
    parts of a diff that are accepted, by their index in the preview (empty with `allow`: all)."""

    action_id: str
    verdict: Verdict
    scope: Scope = "once"
    reason: str = ""
    hunks: tuple[int, ...] = ()


class DecidePrompt(_Op, frozen=True):
    """Answer a forecast: send the prompt, without the parts with these ids, or end the turn."""

    question_id: str
    verdict: Verdict
    leave_out: tuple[str, ...] = ()


class CancelTurn(_Op, frozen=True):
    """Stop the running turn; what whole chunks wrote stays and can be undone."""


class ResumeTurn(_Op, frozen=True):
    """Let a turn go on that waits because of the battery, until it was charged again."""


class RetryTurn(_Op, frozen=True):
    """Run the last failed or cancelled turn again, from its first chunk that is not done."""


class UndoTurn(_Op, frozen=True):
    """Restore the exact bytes, modes and absence of files from before a turn (0: the last one not yet undone)."""

    turn: int = 0


class CorrectRoute(_Op, frozen=True):
    """Say what the last request really was (a `RouteKind`). It is kept for training; the request runs again as that kind when
    nothing has been done about it yet."""

    kind: str


class NewSession(_Op, frozen=True):
    """Leave the present session and open a new, empty one."""


class OpenSession(_Op, frozen=True):
    """Leave the present session and open a stored one by id."""

    session: str


class RemoveSessions(_Op, frozen=True):
    """Remove stored sessions by id for good: their events, what models have read of them and their checkpoints. Their actions stay
    in the audit table. The present session cannot be removed."""

    sessions: tuple[str, ...]


class SetMode(_Op, frozen=True):
    """Change the approval mode of this session."""

    mode: ApprovalMode


class SetModel(_Op, frozen=True):
    """Use another model, by id, from the next turn on, or the same one with another context (tokens) or KV cache; 0 and
    empty leave these as they are."""

    model: str
    n_ctx: int = 0
    kv_type: KvType | Literal[""] = ""


class PullModel(_Op, frozen=True):
    """Fetch a model of the catalogue by id, or OWNER/REPOSITORY/FILE.gguf of the hub; what an earlier try left is gone on with."""

    model: str


class CancelPull(_Op, frozen=True):
    """Stop fetching a model; what has come is kept."""

    model: str


class RemoveModel(_Op, frozen=True):
    """Remove a model that was fetched, or forget one that was imported (its file stays where it is)."""

    model: str


class SetRule(_Op, frozen=True):
    """Remember a rule for this workspace; one for the same tool and pattern is replaced."""

    rule: Rule


class RemoveRule(_Op, frozen=True):
    """Forget a remembered rule of this workspace, by its tool and pattern."""

    tool: str
    pattern: str


class StopEngine(_Op, frozen=True):
    """End the engine process; a running turn is cancelled first."""


Op = (
    SubmitPrompt
    | DecidePlan
    | DecideAction
    | DecidePrompt
    | CancelTurn
    | ResumeTurn
    | RetryTurn
    | UndoTurn
    | CorrectRoute
    | NewSession
    | OpenSession
    | RemoveSessions
    | SetMode
    | SetModel
    | PullModel
    | CancelPull
    | RemoveModel
    | SetRule
    | RemoveRule
    | StopEngine
)
