"""Who may do what: the policy of the approval modes, and the questions that wait for a person's answer."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.engine.effects import Effects, effects_of
from codey_tui.engine.rules import Match, RuleBook, learnt_from
from codey_tui.protocol.actions import Action, ApprovalMode, Decider, Risk, Rule, Scope, Verdict
from codey_tui.tools.command_risk import assess_command

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
    hunks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """What the policy says of an action, and why where a rule or the mode decided it."""

    judgement: Judgement
    reason: str = ""


PLAN_MODE = "Plan mode changes nothing; /mode ask allows it after a question."


class Approvals:
    """The policy of the mode and of the rules, the questions that wait, and what was allowed for the rest of the session."""

    def __init__(self, mode: ApprovalMode, rules: RuleBook | None = None) -> None:
        self.mode: ApprovalMode = mode
        self.rules = rules or RuleBook()
        self.waited = 0.0  # seconds that people took to answer, so far
        self._waiting: dict[str, asyncio.Future[Decision]] = {}
        self._granted: set[str] = set()

    @property
    def waiting(self) -> tuple[str, ...]:
        """Ids of the questions that wait."""
        return tuple(self._waiting)

    def judge(self, action: Action, risk: Risk, *, contained: bool, effects: Effects | None = None) -> Ruling:
        """What the rules and the mode say of an action. Outside a sandbox that contains it, a command asks unless a rule
        or the person allows that very command; what is dangerous always asks, whatever was allowed."""
        match = self.rules.match(effects or effects_of(action, Path()))
        verdict = match.rule.verdict if match else ""
        why = match.sentence if match else ""
        if verdict == "forbid":
            return Ruling("forbid", why)
        if self.mode == "plan" and risk.level != "read":
            return Ruling("forbid", PLAN_MODE)
        if risk.level == "dangerous":
            return Ruling("ask", why if verdict == "ask" else "")
        if self._grant_key(action, risk) in self._granted:
            return Ruling("allow")
        if match and verdict == "allow" and not _covers_network(match.rule, action, risk):
            return Ruling("ask")
        if verdict in ("ask", "allow"):
            return Ruling("ask" if verdict == "ask" else "allow", why)
        if risk.level == "execute" and not contained:
            return Ruling("ask")
        return Ruling("allow" if risk.level in _ALLOWED[self.mode] else "ask")

    def forbidden(self, effects: Effects) -> Match | None:
        """The rule that forbids an action, whatever the mode and whoever is asked."""
        match = self.rules.match(effects)
        return match if match is not None and match.rule.verdict == "forbid" else None

    def learn(self, action: Action, effects: Effects, risk: Risk) -> list[Rule]:
        """Remember that exactly this is always allowed; nothing for what is dangerous, or is given a network that its
        command does not speak of. Raises RuleRefused."""
        rules = learnt_from(effects)
        if risk.level == "dangerous" or not all(_covers_network(rule, action, risk) for rule in rules):
            return []
        for rule in rules:
            self.rules.set(rule)
        return rules

    async def ask(self, question: str) -> Decision:
        """Wait for the first answer to a question; nobody there means waiting, never yes."""
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[question] = future
        began = time.monotonic()
        try:
            return await future
        finally:
            self.waited += time.monotonic() - began
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


def _covers_network(rule: Rule, action: Action, risk: Risk) -> bool:
    """Whether a rule that allows a command allows it the network too: `pip install *` does, `python3 *` does not."""
    if not risk.network or action.tool != "shell":
        return True
    return assess_command(rule.pattern.replace("*", " "), Path()).network
