"""The policy of the modes, and that the first answer to a question wins."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.effects import effects_of
from codey_tui.engine.rules import RuleBook
from codey_tui.protocol.actions import Action, ApprovalMode, Risk, RiskLevel, Rule


def action(command: str = "ls") -> Action:
    return Action(id="a", tool="shell", args={"command": command})


def risk(level: RiskLevel) -> Risk:
    return Risk(level=level, reason="")


@pytest.mark.parametrize(
    ("mode", "level", "judgement"),
    [
        ("plan", "read", "allow"),
        ("plan", "write", "forbid"),
        ("plan", "dangerous", "forbid"),
        ("ask", "read", "allow"),
        ("ask", "write", "ask"),
        ("ask", "execute", "ask"),
        ("auto-edit", "write", "allow"),
        ("auto-edit", "execute", "ask"),
        ("auto", "execute", "allow"),
        ("auto", "dangerous", "ask"),
    ],
)
def test_each_mode_judges_by_the_level_of_risk(mode: ApprovalMode, level: RiskLevel, judgement: str) -> None:
    assert Approvals(mode).judge(action(), risk(level), contained=True).judgement == judgement


def test_without_a_sandbox_that_contains_it_a_command_asks_even_in_auto() -> None:
    assert Approvals("auto").judge(action(), risk("execute"), contained=False).judgement == "ask"


def test_a_grant_covers_the_same_command_only_and_never_what_is_dangerous() -> None:
    approvals = Approvals("ask")
    approvals.grant(action("pytest"), risk("execute"))
    assert approvals.judge(action("pytest"), risk("execute"), contained=False).judgement == "allow"
    assert approvals.judge(action("pytest -x"), risk("execute"), contained=True).judgement == "ask"
    approvals.grant(action("rm -rf x"), risk("dangerous"))
    assert approvals.judge(action("rm -rf x"), risk("dangerous"), contained=True).judgement == "ask"
    approvals.forget_grants()
    assert approvals.judge(action("pytest"), risk("execute"), contained=True).judgement == "ask"


def test_the_first_answer_wins() -> None:
    async def scenario() -> Decision:
        approvals = Approvals("ask")
        question = asyncio.create_task(approvals.ask("q"))
        while not approvals.waiting:
            await asyncio.sleep(0)
        assert approvals.answer("q", Decision("allow", "person"))
        assert not approvals.answer("q", Decision("reject", "person"))
        answer = await question
        assert not approvals.answer("q", Decision("reject", "person"))
        return answer

    assert asyncio.run(scenario()).verdict == "allow"


@pytest.mark.parametrize(
    ("pattern", "command", "judgement"),
    [
        ("pip install *", "pip install a", "allow"),
        ("python3 *", "python3 -m pip install a", "ask"),
        ("python3 *", "python3 a.py", "ask"),
    ],
)
def test_the_network_is_asked_for_also_in_auto_but_where_a_rule_speaks_of_it(
    pattern: str, command: str, judgement: str
) -> None:
    called, online = action(command), msgspec.structs.replace(risk("execute"), network=True)
    assert Approvals("auto").judge(called, online, contained=False).judgement == "ask"
    book = RuleBook([Rule(tool="shell", pattern=pattern, verdict="allow")])
    assert Approvals("auto", book).judge(called, online, contained=False).judgement == judgement
    assert Approvals("ask", book).judge(called, risk("execute"), contained=False).judgement == "allow"


def test_a_network_that_the_command_does_not_speak_of_is_never_remembered() -> None:
    approvals = Approvals("ask")
    for command, count in [("python3 a.py", 0), ("pip install a", 1)]:
        called, online = action(command), msgspec.structs.replace(risk("execute"), network=True)
        assert len(approvals.learn(called, effects_of(called, Path()), online)) == count
