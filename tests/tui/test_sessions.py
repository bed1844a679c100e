"""The list of sessions: one is removed after a question, the open one is not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.ops import OpenSession, RemoveSessions
from codey_tui.tui.screens.choice import Choice
from codey_tui.tui.screens.sessions import SessionsScreen
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import SESSION, START, ScriptedClient
from tests.tui.stage import Stage, make_workspace, play

OLDER = SessionInfo(id="s0", title="Heaps [bold]", created=START, updated=START, turns=3)
OLDEST = SessionInfo(id="s9", title="Stacks", created=START, updated=START, turns=1)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path), ScriptedClient(sessions=(SESSION, OLDER, OLDEST)))


def shown(stage: Stage) -> list[str]:
    options = next(s for s in stage.app.screen_stack if isinstance(s, SessionsScreen)).query_one(OptionList)
    return [str(option.prompt).split("\n")[0].strip("● ") for option in options.options]


async def opened(stage: Stage, pilot: Pilot[Any]) -> None:
    await pilot.press("ctrl+s")
    await stage.until(pilot, lambda: isinstance(stage.app.screen, SessionsScreen))


def test_a_session_is_removed_after_a_question(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        assert shown(stage)[1:] == ["Fibonacci", "Heaps [bold]", "Stacks"]
        await pilot.press("d")
        assert isinstance(stage.app.screen, SessionsScreen), "the open one stays"
        await pilot.press("up", "d")
        assert isinstance(stage.app.screen, SessionsScreen), "that is no session"
        await pilot.press("down", "down", "d")
        await stage.until(pilot, lambda: not isinstance(stage.app.screen, SessionsScreen))
        question = stage.app.screen
        assert isinstance(question, Choice)
        text = str(question.query(".text").first().render())
        assert text.startswith("Heaps [bold]\n") and "audit table" in text
        await pilot.press("n")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, SessionsScreen))
        assert stage.client.ops == []

        await pilot.press("d")
        await stage.until(pilot, lambda: stage.app.screen is not question and type(stage.app.screen) is Choice)
        await pilot.press("y")
        await stage.until(pilot, lambda: stage.client.ops == [RemoveSessions(sessions=("s0",))])
        stage.client.say(ev.SessionsRemoved(sessions=("s0",), text="It is removed."))
        await stage.until(pilot, lambda: shown(stage)[1:] == ["Fibonacci", "Stacks"])
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops[1:] == [OpenSession(session="s9")])
        assert any("It is removed." in line.text for line in stage.app.view.lines)

    asyncio.run(play(stage, script.OPENED, act))


def test_the_last_row_goes_and_the_mark_stays_in_the_list(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("end")
        stage.client.say(ev.SessionsRemoved(sessions=("s9", "s0"), text="They are removed."))
        await stage.until(pilot, lambda: shown(stage)[1:] == ["Fibonacci"])
        await pilot.press("up", "enter")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)

    asyncio.run(play(stage, script.OPENED, act))
