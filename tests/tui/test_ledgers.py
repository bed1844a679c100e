"""The screens of rules and of actions, and rules that are typed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codey_tui.protocol.actions import AuditRow, Rule
from codey_tui.protocol.ops import RemoveRule, SetRule
from codey_tui.protocol.queries import GetAudit, ListRules
from codey_tui.tui.ledgers import read_rule
from codey_tui.tui.screens.choice import Choice
from codey_tui.tui.screens.message import MessageScreen
from tests.fakes.scripted_client import ScriptedClient
from tests.tui.stage import Stage, make_workspace, play

RULES = [
    Rule(tool="*", pattern="@secrets", verdict="forbid", source="default"),
    Rule(tool="shell", pattern="make", verdict="allow", source="learnt"),
]
ROW = AuditRow(
    action_id="a", session="s", turn=1, at=1.0, tool="shell", args={"command": "make"}, preview="make\x1b[2J", risk="execute",
    verdict="allow", decided_by="person", sandbox="bubblewrap", exit_code=2, seconds=0.5, bytes_out=10, hash_before="b" * 64, outcome="failed",
)  # fmt: skip


class Ledger(ScriptedClient):
    """Answers with rules and rows."""

    async def ask(self, query: Any) -> Any:
        if isinstance(query, ListRules):
            return RULES
        return [ROW] if isinstance(query, GetAudit) else await super().ask(query)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path), Ledger())


def test_a_rule_is_chosen_and_removed(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.slash("/rules")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, Choice))
        await pilot.press("down", "enter")
        await stage.until(
            pilot, lambda: isinstance(stage.app.screen, Choice) and stage.app.screen._title == "shell make"
        )
        await pilot.press("r")
        await stage.until(pilot, lambda: stage.client.ops == [RemoveRule(tool="shell", pattern="make")])

    asyncio.run(play(stage, (), act))


def test_a_rule_is_typed(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.slash("/rules forbid shell git push")
        rule = Rule(tool="shell", pattern="git push", verdict="forbid")
        await stage.until(pilot, lambda: stage.client.ops == [SetRule(rule=rule)])

    asyncio.run(play(stage, (), act))
    assert read_rule("forbid shell") is None
    assert read_rule("perhaps shell x") is None
    assert read_rule("forbid shell 'x") is None


def test_an_action_is_shown_with_all_that_is_known(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.slash("/audit")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, Choice))
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, MessageScreen))
        assert isinstance(stage.app.screen, MessageScreen)
        text = stage.app.screen.entry.text
        for fact in ("allow by person", "bubblewrap", "exit code      2", "0.500", "b" * 64, "{'command': 'make'}"):
            assert fact in text
        assert "\x1b" not in text

    asyncio.run(play(stage, (), act))
