"""Actions: what a tool wants to do to the machine, how risky it is, and what a person said about it."""

from typing import Any, Literal

import msgspec

Verdict = Literal["allow", "reject"]
Scope = Literal["once", "session", "always"]
ApprovalMode = Literal["plan", "ask", "auto-edit", "auto"]
RiskLevel = Literal["read", "write", "execute", "dangerous"]
Decider = Literal["policy", "person", "cancel", "engine"]
RuleVerdict = Literal["allow", "ask", "forbid"]
RuleSource = Literal["default", "user", "workspace", "learnt"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool by name with JSON arguments."""

    id: str
    tool: str
    args: dict[str, Any]


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """What could go wrong: a level, one sentence, and what the action would touch (paths, hosts). `network`: the sandbox
    would let it reach the network, for this action alone."""

    level: RiskLevel
    reason: str
    touches: tuple[str, ...] = ()
    network: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to happen with the actions of a `tool` ("*": of any) that fit a `pattern`.

    A pattern is a glob over a command, over an operation with its path ("delete docs/*"), or over a path alone;
    "@secrets" fits files of passwords and keys, "@outside" every path outside of the workspace. `source` says where the
    rule stands.
    """

    tool: str
    pattern: str
    verdict: RuleVerdict
    reason: str = ""
    source: RuleSource = "user"


class Hunk(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a diff: its lines, each with the mark of a unified diff before it (" ", "-", "+") and without its line
    end. Starts count from 1."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[str, ...]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what would happen: a unified diff, or a command line, or a sentence. A diff whose `hunks` are given may be
    accepted in part."""

    kind: Literal["diff", "command", "text"]
    title: str
    body: str
    path: str = ""
    hunks: tuple[Hunk, ...] = ()


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
