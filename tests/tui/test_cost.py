"""A prompt that takes long to read: the question, what can be left out, and what a turn that lost its front says."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures
from codey_tui.protocol.ops import DecidePrompt
from codey_tui.tui.coalesce import Arrived
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import envelopes
from tests.tui.stage import Stage, make_workspace, play


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


@pytest.mark.parametrize(
    ("keys", "op"),
    [
        (("y",), DecidePrompt(question_id="q1", verdict="allow")),
        (("n",), DecidePrompt(question_id="q1", verdict="reject")),
        (("d", "y"), DecidePrompt(question_id="q1", verdict="allow", leave_out=("earlier",))),
        (("down", "down", "down", "space", "up", "d", "d", "enter"),
         DecidePrompt(question_id="q1", verdict="allow", leave_out=("tests/test_app.py",))),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (48, 60)])
def test_keys_send_leave_out_and_cancel(
    stage: Stage, keys: tuple[str, ...], op: DecidePrompt, size: tuple[int, int]
) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        panel = stage.app.workbench.cost
        assert panel.display
        assert panel.region.height > 3
        await pilot.press(*keys)
        await stage.until(pilot, lambda: stage.client.ops == [op])
        await pilot.press("y")  # an answer is given once
        await pilot.pause()
        assert stage.client.ops == [op]

    asyncio.run(play(stage, script.COSTLY, act, size))


def test_what_is_left_out_shortens_the_forecast(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        panel = stage.app.workbench.cost
        assert "2,140 new tokens to read (312 more are known already): about 86 s" in str(panel.body.visual)
        await pilot.press("d")
        assert "about 53 s" in str(panel.body.visual)

    asyncio.run(play(stage, script.COSTLY, act))


def test_the_question_goes_when_another_screen_answered_it(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        bench = stage.app.workbench
        decided = ev.PromptDecided(question_id="q1", verdict="allow", decided_by="person", left_out=("app.py",))
        stage.app.post_message(Arrived(tuple(envelopes((decided,), seq=stage.app.view.seq))))
        await stage.until(pilot, lambda: bench.focused is bench.prompt)
        assert not bench.cost.display
        assert stage.app.view.lines[-1].title == "✓ A long prompt · sent without app.py"

    asyncio.run(play(stage, script.COSTLY, act))


def test_ctrl_t_enters_and_leaves_the_question(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        bench = stage.app.workbench
        await pilot.press("ctrl+t")
        await stage.until(pilot, lambda: bench.focused is bench.prompt)
        await pilot.press("ctrl+t")
        await stage.until(pilot, lambda: bench.focused is bench.cost)

    asyncio.run(play(stage, script.COSTLY, act, (48, 60)))


def test_a_turn_that_lost_its_front_is_marked(stage: Stage) -> None:
    said = "900 tokens at the beginning of a prompt were lost, so what came of it is not to be trusted."

    async def act(pilot: Pilot[Any]) -> None:
        line = stage.app.view.lines[-1]
        assert "not to be trusted" in line.title
        assert said in line.text

    ended = ev.TurnEnded(result="done", figures=Figures(tokens_lost=900), untrusted=said)
    asyncio.run(play(stage, (*script.OPENED, ev.TurnStarted(message=script.ASK), ended), act))
