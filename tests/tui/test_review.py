"""The review of a change: which parts are submitted, how it looks narrow and wide, and that it can be left."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from codey_tui.engine.hunks import split
from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import DecideAction
from codey_tui.tui.screens.review import ReviewScreen
from tests.fakes import tui_script as script
from tests.tui.stage import Stage, make_workspace, play

BEFORE = "".join(f"line_{n} = {n}\n" for n in range(40))
AFTER = BEFORE.replace("line_3 = 3", "line_3 = 'three'").replace("line_20 = 20\n", "").replace("line_38", "last")
PARTS = split(BEFORE, AFTER)
CHANGE = replace(script.DIFF, preview=replace(script.DIFF.preview, hunks=PARTS))
CHANGING: tuple[ev.Event, ...] = (*script.WRITTEN, script.RUN_STARTED, CHANGE)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


async def open_review(stage: Stage, pilot: Pilot[Any]) -> ReviewScreen:
    await stage.ready_to_answer(pilot)
    await pilot.press("d")
    await stage.until(pilot, lambda: isinstance(stage.app.screen, ReviewScreen))
    assert isinstance(stage.app.screen, ReviewScreen)
    return stage.app.screen


@pytest.mark.parametrize(
    ("keys", "op"),
    [
        (("y",), DecideAction(action_id="a2", verdict="allow")),
        (("space", "y"), DecideAction(action_id="a2", verdict="allow", hunks=(1, 2))),
        (("down", "space", "enter"), DecideAction(action_id="a2", verdict="allow", hunks=(0, 2))),
        (
            ("down", "x", "down", "down", "space", "space", "y"),
            DecideAction(action_id="a2", verdict="allow", hunks=(0, 2)),
        ),
        (("space", "down", "space", "down", "space", "y"), DecideAction(action_id="a2", verdict="reject")),
        (("n",), DecideAction(action_id="a2", verdict="reject")),
        (
            ("space", "e", "n", "o", "enter"),
            DecideAction(action_id="a2", verdict="allow", hunks=(1, 2), reason="no"),
        ),
    ],
)
@pytest.mark.parametrize("size", [(44, 40), (140, 40)])
def test_keys_choose_the_parts(stage: Stage, keys: tuple[str, ...], op: DecideAction, size: tuple[int, int]) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await open_review(stage, pilot)
        await pilot.press(*keys)
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, CHANGING, act, size))


@pytest.mark.parametrize(("size", "separate"), [((60, 40), False), ((140, 40), True)])
def test_wide_shows_old_and_new_side_by_side(stage: Stage, size: tuple[int, int], separate: bool) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await open_review(stage, pilot)
        await pilot.pause()
        rows = ["".join(segment.text for segment in strip) for strip in stage.app.screen._compositor.render_strips()]
        both = [row for row in rows if "line_3 = 3" in row and "line_3 = 'three'" in row]
        assert bool(both) == separate
        assert any("line_3 = 'three'" in row for row in rows)

    asyncio.run(play(stage, CHANGING, act, size))


def test_going_back_answers_nothing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await open_review(stage, pilot)
        await pilot.press("space", "q")
        await stage.until(pilot, lambda: not isinstance(stage.app.screen, ReviewScreen))
        assert stage.client.ops == []

    asyncio.run(play(stage, CHANGING, act))


def test_an_action_can_be_allowed_for_good(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("w")
        await stage.until(
            pilot, lambda: stage.client.ops == [DecideAction(action_id="a1", verdict="allow", scope="always")]
        )

    asyncio.run(play(stage, script.ACTING, act))
