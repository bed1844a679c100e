"""`/route KIND`: the request runs again as what the person says it was, and the correction is kept for training."""

import asyncio
from pathlib import Path

from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import CorrectRoute, SubmitPrompt
from tests.fakes.engine_room import EngineRoom


def _routes(room: EngineRoom) -> list[str]:
    return [said.event.route.kind for said in room.heard if isinstance(said.event, ev.RouteChosen)]


def _notices(room: EngineRoom) -> list[str]:
    return [said.event.text for said in room.heard if isinstance(said.event, ev.Noticed)]


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_question_back_is_answered_by_saying_what_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["An answer."]) as room:
            room.engine.submit(SubmitPrompt(text="blorb"))
            await _until(lambda: _routes(room) == ["clarify"] and not room.engine.busy)
            room.engine.submit(CorrectRoute(kind="question"))
            await _until(lambda: len(_routes(room)) == 2 and not room.engine.busy)
            assert _routes(room) == ["clarify", "question"]
            kept = room.engine._parts.database.corrections.list()
            assert [(row.text, row.was, row.kind) for row in kept] == [("blorb", "clarify", "question")]

    asyncio.run(scenario())


def test_a_plan_that_waits_is_given_up_for_the_right_kind(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["An answer."]) as room:
            room.engine.submit(SubmitPrompt(text="create a fibonacci function"))
            await _until(lambda: any(isinstance(said.event, ev.PlanProposed) for said in room.heard))
            room.engine.submit(CorrectRoute(kind="question"))
            await _until(lambda: _routes(room) == ["code", "question"] and not room.engine.busy)
            assert [said.event.result for said in room.heard if isinstance(said.event, ev.TurnEnded)] == [
                "cancelled",
                "done",
            ]

    asyncio.run(scenario())


def test_what_was_done_already_is_only_noted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, ["An answer."]) as room:
            room.engine.submit(SubmitPrompt(text="what is a list?"))
            await _until(
                lambda: any(isinstance(said.event, ev.TurnEnded) for said in room.heard) and not room.engine.busy
            )
            room.engine.submit(CorrectRoute(kind="code"))
            await _until(lambda: any("Kept" in text for text in _notices(room)))
            assert _routes(room) == ["question"]

    asyncio.run(scenario())


def test_what_cannot_be_corrected_gets_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, []) as room:
            room.engine.submit(CorrectRoute(kind="code"))
            await _until(lambda: any("Nothing was asked" in text for text in _notices(room)))
            room.engine.submit(SubmitPrompt(text="2+2"))
            await _until(lambda: _routes(room) == ["calc"] and not room.engine.busy)
            room.engine.submit(CorrectRoute(kind="nonsense"))
            await _until(lambda: any("one of calc, tool" in text for text in _notices(room)))
            room.engine.submit(CorrectRoute(kind="steps"))
            await _until(lambda: _routes(room) == ["calc", "clarify"] and not room.engine.busy)

    asyncio.run(scenario())
