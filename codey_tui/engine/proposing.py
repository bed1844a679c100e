"""What goes through the executor: an assessed action, how it came out, and the turn on whose behalf it runs."""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codey_tui.engine.approvals import Decision
from codey_tui.engine.effects import Effects
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import Action, ActionResult, AuditRow, Preview, Risk
from codey_tui.tools.base import ToolError
from codey_tui.tools.walking import walk

OnOutput = Callable[[str], None]
Perform = Callable[[OnOutput, threading.Event], ActionResult]


class AuditStore(Protocol):
    """What the executor needs of the audit table."""

    def open_row(self, row: AuditRow) -> None: ...
    def settle(self, action_id: str, decision: Decision, at: float) -> None: ...
    def close(self, row: AuditRow, result: ActionResult, outcome: str, hash_after: str = "") -> None: ...


@dataclass(frozen=True)
class Proposal:
    """An action that has been assessed, and how to perform it."""

    action: Action
    risk: Risk
    preview: Preview
    sandbox: str
    perform: Perform
    target: Path | None = None  # the file whose bytes are hashed before and after
    effects: Effects | None = None
    choose: Callable[[tuple[int, ...], str], None] | None = None  # takes the accepted parts of a diff, and why not more


@dataclass(frozen=True)
class Settled:
    """How a proposal came out: `result` is None when it was rejected, and `reason` says why. `refused`: the sandbox could
    not be had, and nothing has run."""

    action: Action
    result: ActionResult | None
    reason: str = ""
    refused: bool = False


@dataclass(frozen=True)
class TurnScope:
    """The turn on whose behalf actions run: its number, its session, its voice, what precedes a change of a file and
    what follows the last change of an action."""

    session: str
    turn: int
    emit: Callable[[ev.Event], None]
    before_change: Callable[[str], None]
    after_changes: Callable[[], None]


class Forbidden(Exception):
    """A rule forbids an action before anybody looks at what it would do; the sentence names the rule."""


def hash_of(path: Path | None, workspace: Path) -> str:
    """SHA-256 of the bytes of a regular file of the workspace; empty where there is none."""
    root = os.path.realpath(workspace)
    real = Path(os.path.realpath(path)) if path is not None else None
    if real is None or not real.is_relative_to(root):
        return ""
    try:
        with walk(root, real.relative_to(root).parts, str(path)) as held, os.fdopen(held.open(), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ToolError):  # absent, no file, or a disk that fails: the action itself will say so
        return ""


def line_of(action: Action) -> str:
    """An action in one line, for a row without a preview."""
    words = [value for value in action.args.values() if isinstance(value, str) and value]
    return " ".join([action.tool, *words])[:2000]
