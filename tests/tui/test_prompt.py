"""The prompt: sending, lines, history, proposals, slash commands and the queue."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import (
    CancelTurn,
    NewSession,
    RetryTurn,
    SetMode,
    SetModel,
    SubmitPrompt,
    UndoTurn,
)
from tests.fakes import tui_script as script
from tests.tui.stage import Stage, make_workspace, play


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


def test_ctrl_c_without_a_turn_puts_a_prompt_away_and_loses_nothing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        prompt = stage.app.workbench.prompt
        prompt.insert("a long\nprompt")
        await pilot.press("ctrl+c")
        await stage.until(pilot, lambda: not prompt.text)
        assert stage.client.ops == []
        await pilot.press("up")
        await stage.until(pilot, lambda: prompt.text == "a long\nprompt")
        await pilot.press("ctrl+c", "ctrl+c")
        assert stage.app.is_running

    asyncio.run(play(stage, script.DONE, act))


def test_enter_sends_and_ctrl_j_begins_a_line(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press(*"one", "ctrl+j", *"two", "enter")
        await stage.until(pilot, lambda: stage.client.ops == [SubmitPrompt(text="one\ntwo")])
        assert stage.app.workbench.prompt.text == ""

    asyncio.run(play(stage, script.OPENED, act))


def test_keys_that_arrive_in_one_burst_act_in_their_order(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        for character in "one\rtwo\rthree":
            pilot.app.post_message(events.Key("enter" if character == "\r" else character, character))
        await stage.until(pilot, lambda: stage.client.ops == [SubmitPrompt(text="one"), SubmitPrompt(text="two")])
        await stage.until(pilot, lambda: stage.app.workbench.prompt.text == "three")

    asyncio.run(play(stage, script.OPENED, act))


def test_an_empty_prompt_sends_nothing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "space", "enter")
        assert stage.client.ops == []

    asyncio.run(play(stage, script.OPENED, act))


def test_history_comes_back_over_sessions_and_keeps_the_draft(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.jsonl"
    workspace = make_workspace(tmp_path)
    first = Stage(workspace, history_path=path)

    async def send(pilot: Pilot[Any]) -> None:
        await pilot.press(*"one", "enter", *"two", "ctrl+j", *"lines", "enter")
        await first.until(pilot, lambda: len(first.client.ops) == 2)

    asyncio.run(play(first, script.OPENED, send))
    second = Stage(workspace, history_path=path)

    async def recall(pilot: Pilot[Any]) -> None:
        prompt = second.app.workbench.prompt
        await pilot.press("x", "up")
        assert prompt.text == "two\nlines"
        await pilot.press("up", "up")
        assert prompt.text == "one"
        await pilot.press("down", "down", "down")
        assert prompt.text == "x"

    asyncio.run(play(second, script.OPENED, recall))


def test_a_file_is_proposed_after_an_at_and_sent_along(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press(*"explain @gre")
        await stage.until(pilot, lambda: bench.completions.display)
        await pilot.press("tab")
        assert bench.prompt.text == "explain @greet.py "
        assert not bench.completions.display
        await pilot.press("enter")
        await stage.until(
            pilot, lambda: stage.client.ops == [SubmitPrompt(text="explain @greet.py", files=("greet.py",))]
        )

    asyncio.run(play(stage, script.OPENED, act))


def test_enter_takes_a_proposed_file_before_it_sends(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press(*"@main")
        await stage.until(pilot, lambda: bench.completions.display)
        await pilot.press("enter")
        assert bench.prompt.text == "@src/main.py "
        assert stage.client.ops == []

    asyncio.run(play(stage, script.OPENED, act))


def test_a_sent_prompt_that_waits_is_shown(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press(*"more", "enter")
        await stage.until(pilot, lambda: stage.client.ops == [SubmitPrompt(text="more")])
        stage.client.say(ev.PromptQueued(text="more", waiting=1))
        await stage.until(pilot, lambda: stage.app.workbench.prompt.border_subtitle == "1 queued")

    asyncio.run(play(stage, script.WRITING, act))


@pytest.mark.parametrize(
    ("events", "line", "op"),
    [
        (script.DONE, "/undo", UndoTurn()),
        (script.DONE, "/undo 1", UndoTurn(turn=1)),
        (script.FAILED, "/retry", RetryTurn()),
        (script.WRITING, "/cancel", CancelTurn()),
        (script.OPENED, "/new", NewSession()),
        (script.OPENED, "/mode auto-edit", SetMode(mode="auto-edit")),
        (script.OPENED, "/model qwen", SetModel(model="qwen")),
        (script.OPENED, "//path is no command", SubmitPrompt(text="/path is no command")),
    ],
)
def test_a_slash_command_submits_its_op(stage: Stage, events: tuple[ev.Event, ...], line: str, op: object) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert(line)
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, events, act))


def test_the_marked_command_is_taken_on_enter(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press(*"/ret")
        await stage.until(pilot, lambda: stage.app.workbench.completions.display)
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [RetryTurn()])

    asyncio.run(play(stage, script.FAILED, act))


def test_what_is_no_command_is_said_so_and_not_sent(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert("/nothing")
        await pilot.press("enter")
        await stage.until(pilot, lambda: bool(stage.app._notifications))
        assert stage.client.ops == []

    asyncio.run(play(stage, script.OPENED, act))


def test_the_count_of_waiting_prompts_goes_with_the_last_one_also_after_another_was_sent(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        prompt = stage.app.workbench.prompt
        prompt.show_queue(1)
        prompt.insert("one more")
        await pilot.press("enter")
        await stage.until(pilot, lambda: not prompt.text)
        prompt.show_queue(0)
        assert prompt.border_subtitle == ""

    asyncio.run(play(stage, script.DONE, act))
