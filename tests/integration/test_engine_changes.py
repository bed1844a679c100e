"""What comes while the models are being looked through: what a turn needs goes through, and a closing engine begins nothing."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from codey_tui.engine.parts import ModelChoice, ModelFiles
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from tests.fakes.engine_room import EngineRoom
from tests.fakes.listening import WAIT_S


class SlowFolder:
    """A folder of models that takes its time; it has none."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        self.files = ModelFiles(read=self.read)

    def read(self) -> Mapping[str, ModelChoice]:
        self.asked.set()
        self.answer.wait(WAIT_S)
        return {}


@asynccontextmanager
async def waiting_prompt(folder: Path) -> AsyncGenerator[tuple[EngineRoom, SlowFolder]]:
    """An engine with a prompt that waits for a change of the model, which takes its time."""
    slow = SlowFolder()
    async with EngineRoom(folder, [["It is a pile."]], files=slow.files) as room:
        room.engine.submit(ops.SetModel(model="nobody"))
        await room.until(slow.asked.is_set)
        room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
        yield room, slow


def test_a_turn_is_decided_on_and_cancelled_while_the_models_are_looked_through(tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = SlowFolder()
        async with EngineRoom(tmp_path, files=slow.files) as room:
            try:
                room.engine.submit(ops.SubmitPrompt(text="execute sh -c 'echo started; sleep 1000'"))
                proposed = await room.event(ev.ActionProposed)
                room.engine.submit(ops.SetModel(model="nobody"))
                room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow"))
                await room.until(slow.asked.is_set)
                await room.event(ev.ActionOutput)
                room.engine.submit(ops.CancelTurn())
                assert (await room.event(ev.TurnEnded)).result == "cancelled"
                room.engine.submit(ops.StopEngine())
                await room.until(room.engine.stopped.is_set)
                assert room.of(ev.Noticed) == [], "the change is not over"
            finally:
                slow.answer.set()

    asyncio.run(scenario())


def test_what_waits_for_the_models_keeps_its_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with waiting_prompt(tmp_path) as (room, slow):
            room.engine.submit(ops.CancelTurn())
            slow.answer.set()
            assert (await room.event(ev.TurnEnded)).result == "cancelled"

    asyncio.run(scenario())


def test_a_prompt_that_waits_for_the_models_begins_no_turn_in_an_engine_that_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with waiting_prompt(tmp_path) as (room, slow):
            ending = asyncio.create_task(room.engine.close())
            await asyncio.sleep(0)
            slow.answer.set()
            await ending
            assert room.of(ev.TurnStarted) == []
            assert not room.engine.busy

    asyncio.run(scenario())
