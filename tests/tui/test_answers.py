"""Which Op each key submits, and when a key is no answer: too early, or meant for the prompt."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import DecideAction, DecidePlan
from tests.fakes import tui_script as script
from tests.tui.stage import Stage, make_workspace, play


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


@pytest.mark.parametrize(
    ("key", "op"),
    [
        ("y", DecideAction(action_id="a1", verdict="allow", scope="once")),
        ("a", DecideAction(action_id="a1", verdict="allow", scope="session")),
        ("n", DecideAction(action_id="a1", verdict="reject")),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (48, 60)])
def test_a_key_answers_an_action(stage: Stage, key: str, op: DecideAction, size: tuple[int, int]) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press(key)
        await stage.until(pilot, lambda: stage.client.ops == [op])
        await pilot.press(key)  # an answer is given once
        await pilot.pause()
        assert stage.client.ops == [op]

    asyncio.run(play(stage, script.ACTING, act, size))


def test_a_reason_goes_back_with_a_rejected_action(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("e", *"use uv", "enter")
        op = DecideAction(action_id="a1", verdict="reject", reason="use uv")
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, script.ACTING, act))


def test_an_empty_reason_goes_back_to_the_question(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("e", "enter")
        await stage.until(pilot, lambda: stage.app.workbench.focused is stage.app.workbench.action)
        assert stage.client.ops == []
        await pilot.press("y")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)

    asyncio.run(play(stage, script.ACTING, act))


def test_keys_are_ignored_for_half_a_second_after_a_question_appears(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.until(pilot, lambda: bench.focused is bench.action)
        await pilot.press("y", "a", "n", "e")
        stage.clock.now += 0.49
        await pilot.press("y")
        assert stage.client.ops == []
        stage.clock.now += 0.02
        await pilot.press("y")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)

    asyncio.run(play(stage, script.ACTING, act))


def test_a_question_waits_until_the_person_stops_typing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press("x", "backspace")
        stage.client.say(*script.ACTING[len(script.WRITTEN) :])
        await stage.until(pilot, lambda: bool(stage.app.view.pending))
        assert not bench.action.asks
        assert bench.focused is bench.prompt
        stage.clock.now += 1.0
        await stage.until(pilot, lambda: bench.focused is bench.action)

    asyncio.run(play(stage, script.WRITTEN, act))


def test_a_question_never_takes_the_focus_from_a_prompt_that_holds_text(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press("x")
        stage.clock.now += 5.0
        stage.client.say(*script.ACTING[len(script.WRITTEN) :])
        await stage.until(pilot, lambda: bench.action.asks)
        stage.clock.now += 5.0
        await pilot.press("y")
        assert bench.prompt.text == "xy"
        assert stage.client.ops == []
        await pilot.press("ctrl+t")
        await stage.until(pilot, lambda: bench.focused is bench.action)
        await pilot.press("y")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)

    asyncio.run(play(stage, script.WRITTEN, act))


def test_an_emptied_prompt_gives_the_focus_back_to_the_question_after_a_pause(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press("y")
        stage.clock.now += 5.0
        stage.client.say(*script.ACTING[len(script.WRITTEN) :])
        await stage.until(pilot, lambda: bench.action.asks)
        assert bench.action.border_subtitle == "ctrl+t to answer"
        await pilot.press("backspace")
        await pilot.pause(0.1)
        assert bench.focused is bench.prompt
        stage.clock.now += 1.0
        await stage.until(pilot, lambda: bench.focused is bench.action)
        assert bench.action.border_subtitle == ""
        await pilot.press("y")  # within the grace time, which begins anew
        assert stage.client.ops == []
        stage.clock.now += 0.6
        await pilot.press("y")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)

    asyncio.run(play(stage, script.WRITTEN, act))


def test_a_prompt_sent_while_a_question_waits_gives_it_the_focus_no_sooner(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press("h", "i")
        stage.clock.now += 5.0
        stage.client.say(*script.ACTING[len(script.WRITTEN) :])
        await stage.until(pilot, lambda: bench.action.asks)
        await pilot.press("enter")
        await stage.until(pilot, lambda: len(stage.client.ops) == 1)
        stage.clock.now += 0.9
        await pilot.press("y")
        assert bench.prompt.text == "y"
        assert len(stage.client.ops) == 1

    asyncio.run(play(stage, script.WRITTEN, act))


def test_a_window_over_the_screen_gives_the_focus_back_to_the_question(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.ready_to_answer(pilot)
        await pilot.press("ctrl+g")
        await stage.until(pilot, lambda: stage.app.screen is not bench)
        await pilot.press("q")
        await stage.until(pilot, lambda: stage.app.screen is bench)
        stage.clock.now += 1.1
        await stage.until(pilot, lambda: bench.focused is bench.action)

    asyncio.run(play(stage, script.ACTING, act))


def test_the_answer_of_another_screen_takes_the_question_away(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.ready_to_answer(pilot)
        stage.client.say(ev.ActionSettled(action_id="a1", verdict="allow", scope="once", decided_by="person"))
        await stage.until(pilot, lambda: bench.focused is bench.prompt)
        assert not bench.has_class("-asking")
        assert stage.client.ops == []

    asyncio.run(play(stage, script.ACTING, act))


@pytest.mark.parametrize(
    ("keys", "op"),
    [
        (("y",), DecidePlan(plan_id="p2", verdict="allow", chunks=("b1", "b2", "b3", "b4", "b5", "b6"))),
        (("enter",), DecidePlan(plan_id="p2", verdict="allow", chunks=("b1", "b2", "b3", "b4", "b5", "b6"))),
        (("d", "y"), DecidePlan(plan_id="p2", verdict="allow", chunks=("b2", "b3", "b4", "b5", "b6"))),
        (
            ("d", "d", "down", "space", "y"),
            DecidePlan(plan_id="p2", verdict="allow", chunks=("b1", "b3", "b4", "b5", "b6")),
        ),
        (("j", "y"), DecidePlan(plan_id="p2", verdict="allow", chunks=("b2", "b1", "b3", "b4", "b5", "b6"))),
        (
            ("down", "down", "k", "y"),
            DecidePlan(plan_id="p2", verdict="allow", chunks=("b1", "b3", "b2", "b4", "b5", "b6")),
        ),
        (("n",), DecidePlan(plan_id="p2", verdict="reject")),
        (("e", "n", "o", "enter"), DecidePlan(plan_id="p2", verdict="reject", reason="no")),
    ],
)
def test_keys_decide_a_plan(stage: Stage, keys: tuple[str, ...], op: DecidePlan) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press(*keys)
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, script.BIG_PLANNED, act))


def test_a_plan_without_any_chunk_cannot_be_approved(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("d", "down", "d", "y")
        await pilot.pause()
        assert stage.client.ops == []
        assert any("Every step is left out" in note.message for note in stage.app._notifications)

    asyncio.run(play(stage, script.PLANNED, act))


def test_a_click_on_a_key_answers_too(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.click(stage.app.workbench.action.keys, offset=(1, 0))
        await stage.until(pilot, lambda: stage.client.ops == [DecideAction(action_id="a1", verdict="allow")])

    asyncio.run(play(stage, script.ACTING, act))


def test_another_question_follows_with_its_own_grace(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.ready_to_answer(pilot)
        await pilot.press("y")
        stage.client.say(
            ev.ActionSettled(action_id="a1", verdict="allow", scope="once", decided_by="person"), script.DIFF
        )
        await stage.until(pilot, lambda: bench.action.asks and bench.focused is bench.action)
        await pilot.press("y")
        assert len(stage.client.ops) == 1
        stage.clock.now += 1.0
        await pilot.press("y")
        await stage.until(pilot, lambda: stage.client.ops[1:] == [DecideAction(action_id="a2", verdict="allow")])

    asyncio.run(play(stage, script.ACTING, act))


def test_a_slash_typed_at_a_question_begins_a_command_in_the_prompt(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("slash", "n")
        await stage.until(pilot, lambda: stage.app.workbench.prompt.text.startswith("/"))
        assert stage.client.ops == []
        assert stage.app.workbench.prompt.has_focus

    asyncio.run(play(stage, script.ACTING, act))
