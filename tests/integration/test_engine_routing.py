"""Who decides a request in a real engine: the label of a loaded model, a model of the router's own, or the linear model."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from codey_tui.engine import prompts
from codey_tui.engine.router.linear import Linear, pack
from codey_tui.engine.router_model import RouterModel
from codey_tui.inference.provider import ModelMissing
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Route
from codey_tui.protocol.queries import GetRoute
from codey_tui.tools.call_forms import JSON
from tests.fakes.engine_room import EngineRoom
from tests.fakes.places import Place
from tests.fakes.scripted_provider import Script, ScriptedProvider

LABELS = ("calc", "question", "code", "steps", "fullstack", "clarify", "git", "file", "shell", "search", "sqlite")
FLAT = Linear.parse(pack(LABELS, [1.0] * 11, [0.0] * 11, bytes(11)))
"""A linear model that never knows."""
UNCLEAR = "the tide is high today"
SURE = -0.05


def routes(room: EngineRoom) -> list[Route]:
    return [event.route for event in room.of(ev.RouteChosen)]


def warnings(room: EngineRoom) -> list[str]:
    return [event.text for event in room.of(ev.Noticed) if event.level == "warning"]


def test_a_loaded_model_that_is_sure_decides_where_the_linear_model_hesitates(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["One.", "Two."], linear=FLAT) as room:
            room.provider.scores = {prompts.LABELS["question"]: SURE}
            looked = await room.engine.ask(GetRoute(text=UNCLEAR))
            assert looked.decided_by.startswith("rule:")
            assert room.provider.rss == 0, "to look at a route loads nothing"
            await room.ask(UNCLEAR)
            assert room.provider.rss > 0, "a doubtful request loads the model that can say what it is"
            found = routes(room)[-1]
            assert (found.kind, found.decided_by) == ("question", "scripted")
            assert found.confidence > 0.9
            assert found.milliseconds > 0
            assert room.provider.scored[-1] == prompts.label(UNCLEAR)

    asyncio.run(scenario())


def test_a_label_is_waited_for_while_the_turn_before_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["One."], linear=FLAT) as room:
            room.provider.scores = {prompts.LABELS["question"]: SURE}
            gate = room.provider.keeps_after = asyncio.Event()
            await room.ask("Why is the sky blue?")
            asked = asyncio.create_task(room.engine.ask(GetRoute(text=UNCLEAR)))
            for _ in range(5):
                await asyncio.sleep(0)
            gate.set()
            assert (await asked).decided_by == "scripted"

    asyncio.run(scenario())


def test_an_unsure_label_changes_nothing_and_certain_requests_ask_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["One.", "Two."], linear=FLAT) as room:
            room.provider.scores = dict.fromkeys(prompts.LABELS.values(), -1.5)
            await room.ask("what is a list?")
            asked = len(room.provider.scored)
            await room.ask("2 + 2")
            assert len(room.provider.scored) == asked
            await room.ask("blorb")
            assert len(room.provider.scored) == asked + 1
            assert routes(room)[-1].kind == "clarify"
            assert routes(room)[-1].decided_by.startswith("rule:")

    asyncio.run(scenario())


def test_a_question_about_a_route_does_not_wait_for_a_generation(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [["One", gate, " two."]], linear=FLAT) as room:
            talking = asyncio.create_task(room.ask("what is a list?"))
            await room.until(lambda: room.provider.playing, "a generation")
            found = await room.engine.ask(GetRoute(text=UNCLEAR))
            assert found.decided_by.startswith("rule:")
            gate.set()
            await talking

    asyncio.run(scenario())


def router_room(
    folder: Path, router: ScriptedProvider, scripts: Sequence[Script] = (), problem: str = ""
) -> EngineRoom:
    """An engine whose router is the model `other`."""
    chosen = RouterModel(model="other", form=JSON, problem=lambda: problem)
    return EngineRoom(folder, scripts, linear=FLAT, other=router, router=chosen)


def test_a_model_in_the_routers_place_calls_tools_and_names_kinds(tmp_path: Path) -> None:
    said = ['{"tool": "shell", "args": {"command": "echo tide"}}', '{"tool": "answer_question", "args": {}}']
    router = ScriptedProvider([[text] for text in said], model="other")

    async def scenario() -> None:
        async with router_room(tmp_path, router, ["An answer."]) as room:
            await room.ask("git status")
            assert router.requests == [], "what a rule is certain of is not asked"
            await room.ask("kindly do an echo tide here")
            assert (routes(room)[-1].tool, routes(room)[-1].args) == ("shell", {"command": "echo tide"})
            assert routes(room)[-1].decided_by == "other"
            await room.ask(UNCLEAR)
            assert (routes(room)[-1].kind, routes(room)[-1].decided_by) == ("question", "other")
            assert router.requests[-1].grammar
            assert router.requests[-1].messages[-1].text == UNCLEAR
            assert router.loaded, "it stays loaded beside the coder's model"
            assert room.provider.loaded

    asyncio.run(scenario())


def test_steps_are_routed_one_by_one_by_it(tmp_path: Path) -> None:
    said = ['{"tool": "shell", "args": {"command": "echo one"}}', '{"tool": "shell", "args": {"command": "echo two"}}']
    router = ScriptedProvider([[text] for text in said], model="other")

    async def scenario() -> None:
        async with router_room(tmp_path, router) as room:
            await room.ask("1. kindly do an echo one here 2. kindly do an echo two here")
            assert routes(room)[-1].kind == "steps"
            assert [chunk.command for chunk in room.of(ev.PlanProposed)[-1].plan.chunks] == ["echo one", "echo two"]

    asyncio.run(scenario())


def test_what_it_makes_up_or_cuts_off_does_not_count(tmp_path: Path) -> None:
    said = ['{"tool": "shell", "args": {"command": "rm -rf src"}}', '{"tool": "shell", "args": {"comm', "tide"]
    router = ScriptedProvider([[text] for text in said], model="other")

    async def scenario() -> None:
        async with router_room(tmp_path, router, ["One.", "Two.", "Three."]) as room:
            for _ in said:
                await room.ask(UNCLEAR)
                assert routes(room)[-1].kind != "tool"
                assert routes(room)[-1].decided_by.startswith("rule:")

    asyncio.run(scenario())


class Missing(ScriptedProvider):
    """A provider whose file is not there."""

    async def generate(self, request) -> AsyncGenerator:
        raise ModelMissing("There is no model file at router.gguf.")
        yield


def test_one_that_cannot_be_loaded_is_told_of_once_and_the_linear_model_decides(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with router_room(tmp_path, Missing([], model="other"), ["One.", "Two."]) as room:
            await room.ask(UNCLEAR)
            await room.ask(UNCLEAR)
            assert len(routes(room)) == 2
            assert [text for text in warnings(room) if "router.gguf" in text] == [
                "The router's model cannot be used, so the built-in router decides. There is no model file at router.gguf."
            ]

    asyncio.run(scenario())


class Needing(ScriptedProvider):
    """A provider whose model needs memory in a place where there may be none."""

    def __init__(self, place: Place) -> None:
        super().__init__([], model="other")
        self._place = place

    async def generate(self, request) -> AsyncGenerator:
        await self._place.load("other")
        raise AssertionError("There was no memory for it.")
        yield


def test_one_that_waits_for_a_model_at_work_is_not_waited_for_long(tmp_path: Path) -> None:
    async def scenario() -> None:
        place = Place(tmp_path, 1.5)
        busy, done = await place.load("busy"), asyncio.Event()

        async def work() -> None:
            with busy.lease():
                await done.wait()

        working = asyncio.create_task(work())
        async with router_room(tmp_path, Needing(place), ["One."]) as room:
            asking = asyncio.create_task(room.ask(UNCLEAR))
            await room.until(lambda: place.waiting() == ["other"], "a load that waits")
            assert (await asking).result == "done"
            assert routes(room)[-1].decided_by.startswith("rule:")
            assert any("other has waited 2 s for the memory of busy" in text for text in warnings(room))
            assert (place.waiting(), place.models()) == ([], ["busy"])
        done.set()
        await working
        await place.home.close()

    asyncio.run(scenario())


def test_where_there_is_no_memory_for_it_the_coders_model_says_it_by_a_label(tmp_path: Path) -> None:
    router = ScriptedProvider([], model="other")

    async def scenario() -> None:
        async with router_room(tmp_path, router, ["One.", "Two."], problem="There is no memory for it.") as room:
            await room.ask(UNCLEAR)
            await room.ask(UNCLEAR)
            told = "There is no memory for it. So the scripted model is asked what a request is as well."
            assert [text for text in warnings(room) if "memory" in text] == [told]
            assert any(UNCLEAR in text for text in room.provider.scored), "from when it is loaded"
            assert router.requests == []

    asyncio.run(scenario())
