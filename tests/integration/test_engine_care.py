"""A hot machine and a low battery through the whole engine: threads of the model, the pause between chunks, the figures."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from codey_tui.engine.care import CareLimits
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from tests.fakes.engine_room import EngineRoom

REQUEST = "Create Fibonacci function"
PROGRAM = ["print(", "55", ")\n", "```"]


def test_heat_reaches_the_model_and_the_figures_of_the_turn(tmp_path: Path) -> None:
    async def scenario() -> None:
        care = CareLimits(heat_c=80, threads=2, cool_s=0.2)
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [[PROGRAM[0], gate, *PROGRAM[1:]]], care=care) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            await room.until(lambda: room.provider.playing)
            room.reading = replace(room.reading, temperature=91.0)
            await room.until(lambda: room.provider.threads == 1)
            await room.until(lambda: any(event.gauges.threads == 1 for event in room.of(ev.GaugesRead)))
            held = len(room.of(ev.GaugesRead))
            await room.event(ev.GaugesRead, held + 1)
            gate.set()
            ended = await room.event(ev.TurnEnded)
            assert (
                ended.result == "done" and "1 thread of 2" in ended.figures.slowed and "91 °C" in ended.figures.slowed
            )
            room.reading = replace(room.reading, temperature=60.0)
            await room.until(lambda: room.provider.threads == 0)

    asyncio.run(scenario())


def test_a_low_battery_holds_the_next_chunk_until_a_client_says_go_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM], care=CareLimits(battery=15)) as room:
            room.reading = replace(room.reading, battery_percent=9.0, charging=False)
            await room.event(ev.GaugesRead)
            room.engine.submit(ops.ResumeTurn())
            await room.until(lambda: any("No turn waits" in notice.text for notice in room.of(ev.Noticed)))
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            assert "9%" in (await room.event(ev.TurnPaused)).text
            assert room.of(ev.ChunkStarted) == []
            room.engine.submit(ops.ResumeTurn())
            ended = await room.event(ev.TurnEnded)
            assert ended.result == "done" and len(room.of(ev.TurnResumed)) == 1

    asyncio.run(scenario())


def test_a_paused_turn_can_be_cancelled(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM], care=CareLimits(battery=15)) as room:
            room.reading = replace(room.reading, battery_percent=9.0, charging=False)
            await room.event(ev.GaugesRead)
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            await room.event(ev.TurnPaused)
            room.engine.submit(ops.CancelTurn())
            assert (await room.event(ev.TurnEnded)).result == "cancelled"

    asyncio.run(scenario())
