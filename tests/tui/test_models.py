"""The screen of models: what fits, fetching with progress, stopping, removing, and the way there from a request that was too much."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import OptionList

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures
from codey_tui.protocol.ops import CancelPull, PullModel, RemoveModel, SetModel
from codey_tui.tui.coalesce import Arrived
from codey_tui.tui.screens.models import ModelsScreen
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import HERE, MODEL, envelopes
from tests.tui.stage import Stage, make_workspace, play

QWEN = "qwen2.5-coder-1.5b"
GB = 10**9


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


async def opened(stage: Stage, pilot: Pilot[Any]) -> None:
    stage.app.workbench.prompt.insert("/models")
    await pilot.press("enter")
    await stage.until(pilot, lambda: isinstance(stage.app.screen, ModelsScreen))


def shown(stage: Stage) -> str:
    options = next(s for s in stage.app.screen_stack if isinstance(s, ModelsScreen)).query_one(OptionList)
    return "\n".join(str(options.get_option_at_index(n).prompt) for n in range(options.option_count))


def test_enter_fetches_after_a_question_and_shows_how_far_it_is(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("up", "enter")
        await stage.until(pilot, lambda: not isinstance(stage.app.screen, ModelsScreen))
        assert stage.client.ops == [], "no byte is fetched unasked"
        question = str(stage.app.screen.query(".text").first().render())
        assert "1.1 GB" in question and "Apache-2.0" in question
        await pilot.press("y")
        await stage.until(pilot, lambda: stage.client.ops == [PullModel(model=QWEN)])
        stage.client.say(ev.ModelPullProgressed(model=QWEN, done=0, size=0))
        await stage.until(pilot, lambda: "asking the hub" in shown(stage))
        stage.client.say(ev.ModelPullProgressed(model=QWEN, done=GB // 4, size=GB, rate=5e6))
        await stage.until(pilot, lambda: "25% · 5.0 MB/s · 2 min 30 s left" in shown(stage))
        stage.client.say(ev.ModelPullProgressed(model=QWEN, done=GB, size=GB, rate=5e6))
        await stage.until(pilot, lambda: "checking" in shown(stage))

    asyncio.run(play(stage, script.OPENED, act, (120, 36)))


def test_progress_that_comes_before_the_screen_is_composed_is_shown_on_it(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        app = stage.app
        app.push_screen(ModelsScreen(HERE, MODEL, app.view, stage.client.submit, stage.client.ask))
        told = envelopes([ev.ModelPullProgressed(model=QWEN, done=GB // 4, size=GB, rate=5e6)], seq=app.view.seq)
        app.on_arrived(Arrived(tuple(told)))
        await stage.until(pilot, lambda: app.screen.query(OptionList))
        await stage.until(pilot, lambda: "25% · 5.0 MB/s" in shown(stage))

    asyncio.run(play(stage, script.OPENED, act, (120, 36)))


def test_a_model_that_comes_before_the_screen_is_composed_is_listed(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        app = stage.app
        app.push_screen(ModelsScreen(HERE, MODEL, app.view, stage.client.submit, stage.client.ask))
        stage.client.here = replace(HERE, offers=(replace(HERE.offers[0], path="q.gguf"), *HERE.offers[1:]))
        ended = ev.ModelPullEnded(model=QWEN, result="done", id=QWEN, text="It is here.")
        app.on_arrived(Arrived(tuple(envelopes([ended], seq=app.view.seq))))
        await stage.until(pilot, lambda: app.screen.query(OptionList))
        await stage.until(pilot, lambda: "takes 1.4 GB · fits · here" in shown(stage))

    asyncio.run(play(stage, script.OPENED, act))


def test_no_is_no(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("up", "enter")
        await stage.until(pilot, lambda: not isinstance(stage.app.screen, ModelsScreen))
        await pilot.press("n")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, ModelsScreen))
        await pilot.press("q")
        await stage.until(pilot, lambda: stage.app.screen is stage.app.workbench)
        assert stage.client.ops == []

    asyncio.run(play(stage, script.OPENED, act))


def test_c_stops_the_marked_one_and_what_came_is_shown(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("up", "c")
        stage.client.say(ev.ModelPullProgressed(model=QWEN, done=GB // 4, size=GB))
        await stage.until(pilot, lambda: "waiting for the hub" in shown(stage))
        assert stage.client.ops == [], "there was nothing to stop before"
        await pilot.press("c")
        await stage.until(pilot, lambda: stage.client.ops == [CancelPull(model=QWEN)])
        offers = (replace(HERE.offers[0], part=HERE.offers[0].size // 4), *HERE.offers[1:])
        stage.client.here = replace(HERE, offers=offers)
        stage.client.say(ev.ModelPullEnded(model=QWEN, result="cancelled", text="What has come is kept."))
        await stage.until(pilot, lambda: "25% fetched" in shown(stage))

    asyncio.run(play(stage, script.OPENED, act, (120, 36)))


def test_a_model_that_has_arrived_is_chosen_on_the_same_screen(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("up")
        stage.client.here = replace(HERE, offers=(replace(HERE.offers[0], path="q.gguf"), *HERE.offers[1:]))
        stage.client.say(ev.ModelPullEnded(model=QWEN, result="done", id=QWEN, text="It is here."))
        await stage.until(pilot, lambda: "takes 1.4 GB · fits · here" in shown(stage))
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [SetModel(model=QWEN)])
        assert any("It is here." in line.text for line in stage.app.view.lines)

    asyncio.run(play(stage, script.OPENED, act))


def test_a_model_is_removed_after_a_question(stage: Stage) -> None:
    stage.client.here = replace(
        HERE, offers=(replace(HERE.offers[0], path="q.gguf", removable="file"), *HERE.offers[1:])
    )

    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        await pilot.press("d")
        assert isinstance(stage.app.screen, ModelsScreen), "the bundled model cannot be removed"
        await pilot.press("up", "d")
        await stage.until(pilot, lambda: not isinstance(stage.app.screen, ModelsScreen))
        assert "1.1 GB become free" in str(stage.app.screen.query(".text").first().render())
        await pilot.press("y")
        await stage.until(pilot, lambda: stage.client.ops == [RemoveModel(model=QWEN)])
        stage.client.here = HERE
        stage.client.say(ev.ModelRemoved(model=QWEN, text="It is removed."))
        await stage.until(pilot, lambda: "on the hub" in shown(stage).split("\n")[1])

    asyncio.run(play(stage, script.OPENED, act))


def test_a_failure_is_told_and_the_row_is_as_before(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await opened(stage, pilot)
        before = shown(stage)
        stage.client.say(ev.ModelPullProgressed(model=QWEN, done=1, size=GB))
        await stage.until(pilot, lambda: shown(stage) != before)
        stage.client.say(ev.ModelPullEnded(model=QWEN, result="failed", text="The hub cannot be reached."))
        await stage.until(pilot, lambda: shown(stage) == before)
        assert stage.app.view.notices[-1].text == "The hub cannot be reached."

    asyncio.run(play(stage, script.OPENED, act))


def test_a_name_of_the_hub_is_fetched_by_the_command(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert("/models owner/repo/file.gguf")
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [PullModel(model="owner/repo/file.gguf")])
        stage.client.say(ev.ModelPullProgressed(model="owner/repo/file.gguf", done=1, size=2))
        status = stage.app.workbench.query_one("#status")
        await stage.until(pilot, lambda: "file.gguf 50%" in str(status.render()))
        await opened(stage, pilot)
        assert shown(stage).split("\n")[-2].strip() == "owner/repo/file.gguf"

    asyncio.run(play(stage, script.OPENED, act))


def test_what_is_beyond_the_model_leads_by_one_key_to_the_recommended_one(stage: Stage) -> None:
    ended = ev.TurnEnded(result="failed", figures=Figures(), reason="This is beyond it.", beyond=True)

    async def act(pilot: Pilot[Any]) -> None:
        status = stage.app.workbench.query_one("#status")
        await stage.until(pilot, lambda: "enter shows larger models" in str(status.render()))
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, ModelsScreen))
        await pilot.press("enter", "y")
        await stage.until(pilot, lambda: stage.client.ops == [PullModel(model=QWEN)])

    asyncio.run(play(stage, (*script.ASKED, ended), act))


def test_an_empty_prompt_alone_does_nothing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert stage.app.screen is stage.app.workbench and stage.client.ops == []

    asyncio.run(play(stage, script.OPENED, act))
