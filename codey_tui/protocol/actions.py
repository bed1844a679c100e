"""Actions: what a tool wants to do to the machine, how risky it is, and what a person said about it."""

from typing import Any, Literal

import msgspec

Verdict = Literal["allow", "reject"]
Scope = Literal["once", "session"]
ApprovalMode = Literal["plan", "ask", "auto-edit", "auto"]
RiskLevel = Literal["read", "write", "execute", "dangerous"]
Decider = Literal["policy", "person", "cancel", "engine"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool by name with JSON arguments."""

    id: str
    tool: str
    args: dict[str, Any]


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """What could go wrong: a level, one sentence, and what the action would touch (paths, hosts)."""

    level: RiskLevel
    reason: str
    touches: tuple[str, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what would happen: a unified diff, or a command line, or a sentence."""

    kind: Literal["diff", "command", "text"]
    title: str
    body: str
    path: str = ""


class ActionResult(msgspec.Struct, frozen=True, kw_only=True):
    """How an action ended. `exit_code` is None where no process ran; `output` is whole, stripped of control codes."""

    ok: bool
    summary: str
    output: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    sandbox: str = "none"
    truncated: bool = False


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit table: written before the action runs, closed after it. Times are Unix seconds."""

    action_id: str
    session: str
    turn: int
    at: float
    tool: str
    args: dict[str, Any]
    preview: str
    risk: RiskLevel
    verdict: Verdict | None = None
    scope: Scope = "once"
    decided_by: Decider | None = None
    decided_at: float | None = None
    reason: str = ""
    sandbox: str = ""
    exit_code: int | None = None
    seconds: float | None = None
    bytes_out: int | None = None
    hash_before: str = ""
    hash_after: str = ""
    outcome: str = ""
