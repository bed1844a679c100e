"""What the screen shows of a hot machine and a low battery, and the key that lets a paused turn go on."""

import asyncio
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.pilot import Pilot

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures
from codey_tui.protocol.ops import ResumeTurn
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import GAUGES
from tests.tui.stage import Stage, make_workspace, play

PAUSED = ev.TurnPaused(text="The battery is at 9% and not charging.")


def test_enter_lets_a_paused_turn_go_on(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        status, gauges = (stage.app.workbench.query_one(name) for name in ("#status", "#gauges"))
        stage.client.say(
            PAUSED,
            ev.GaugesRead(gauges=replace(GAUGES, battery_percent=9.0, charging=False, temperature=91.0, threads=1)),
        )
        await stage.until(pilot, lambda: "enter goes on" in str(status.render()))
        await stage.until(pilot, lambda: "▼ 1 thread" in str(gauges.render()) and "9%" in str(gauges.render()))
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [ResumeTurn()])
        stage.client.say(ev.TurnResumed(text="The turn goes on."))
        await stage.until(pilot, lambda: "enter goes on" not in str(status.render()))
        figures = Figures(seconds=9.0, slowed="Slower: 1 thread of 2 for 8 s, since it was 91 °C.")
        stage.client.say(ev.TurnEnded(result="done", figures=figures))
        await stage.until(pilot, lambda: "since it was 91" in stage.app.view.lines[-1].text)

    asyncio.run(play(stage, script.ASKED, act, (120, 36)))
