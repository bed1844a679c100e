"""Who may do what: the policy of the approval modes, and the questions that wait for a person's answer."""

import asyncio
from dataclasses import dataclass
from typing import Literal

import msgspec

from codey_tui.protocol.actions import Action, ApprovalMode, Decider, Risk, Scope, Verdict

Judgement = Literal["allow", "ask", "forbid"]

_ALLOWED: dict[ApprovalMode, frozenset[str]] = {
    "plan": frozenset({"read"}),
    "ask": frozenset({"read"}),
    "auto-edit": frozenset({"read", "write"}),
    "auto": frozenset({"read", "write", "execute"}),
}


@dataclass(frozen=True)
class Decision:
    """An answer to a question: of a person, of the policy, or because the turn was cancelled."""

    verdict: Verdict
    decided_by: Decider
    scope: Scope = "once"
    reason: str = ""
    chunks: tuple[str, ...] = ()


class Approvals:
    """The questions that wait, by id, and what was allowed for the rest of the session."""

    def __init__(self, mode: ApprovalMode) -> None:
        self.mode: ApprovalMode = mode
        self._waiting: dict[str, asyncio.Future[Decision]] = {}
        self._granted: set[str] = set()

    @property
    def waiting(self) -> tuple[str, ...]:
        """Ids of the questions that wait."""
        return tuple(self._waiting)

    def judge(self, action: Action, risk: Risk, *, contained: bool) -> Judgement:
        """What the mode says of an action. Outside a sandbox that contains it, a command always asks."""
        if self.mode == "plan" and risk.level != "read":
            return "forbid"
        if risk.level == "dangerous":
            return "ask"
        if self._grant_key(action, risk) in self._granted:
            return "allow"
        if risk.level == "execute" and not contained:
            return "ask"
        return "allow" if risk.level in _ALLOWED[self.mode] else "ask"

    async def ask(self, question: str) -> Decision:
        """Wait for the first answer to a question; nobody there means waiting, never yes."""
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[question] = future
        try:
            return await future
        finally:
            self._waiting.pop(question, None)

    def answer(self, question: str, decision: Decision) -> bool:
        """Give an answer; False when the question does not wait (any more): another answer came first."""
        future = self._waiting.get(question)
        if future is None or future.done():
            return False
        future.set_result(decision)
        return True

    def grant(self, action: Action, risk: Risk) -> None:
        """Allow the like of this action for the rest of the session: the same command, or edits of files."""
        if risk.level != "dangerous":
            self._granted.add(self._grant_key(action, risk))

    def forget_grants(self) -> None:
        """A new session starts with no grants."""
        self._granted.clear()

    @staticmethod
    def _grant_key(action: Action, risk: Risk) -> str:
        if action.tool == "file" and risk.level == "write":
            return "file:write"
        return f"{action.tool}:{msgspec.json.encode(action.args, order='deterministic').decode()}"
