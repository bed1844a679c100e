"""What a token costs the screen: a batch for all that comes with it, and no new layout, also of a panel that nobody has opened."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codey_tui.protocol.events import ChunkEnded, Envelope, FileGrew, Gauges, GaugesRead
from codey_tui.tui.coalesce import Arrived, Coalescer
from codey_tui.tui.state import PlanView
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import envelopes
from tests.tui.stage import Stage, make_workspace, play
from tests.tui.test_coalesce import envelope, tokens


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (48, 60)])
def test_tokens_do_not_lay_the_screen_out(tmp_path: Path, size: tuple[int, int]) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        layouts: list[object] = []
        bench = stage.app.workbench
        bench.screen_layout_refresh_signal.subscribe(bench, layouts.append)
        shown = len(script.READING)
        sent = envelopes((*script.READING, *script.stream(pieces=40)))
        assert len(sent) - shown > 40
        for number in range(shown, len(sent)):
            stage.app.post_message(Arrived((sent[number],)))
            await stage.until(pilot, lambda last=sent[number].seq: stage.app.view.seq >= last)
        assert len(layouts) <= 3  # where a row was added to the plan

    asyncio.run(play(stage, script.READING, act, size))


def test_a_panel_that_was_never_shown_is_whole_when_it_is(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        assert not bench.plan.region.area
        await pilot.press("ctrl+t")
        await stage.until(pilot, lambda: bench.plan.region.area > 0)
        body = bench.plan.body
        assert body.size.height == len(
            body.visual.to_strips(body, body.visual, body.size.width, None, body.visual_style)
        )

    asyncio.run(play(stage, script.WRITING, act))


def test_what_comes_with_a_token_is_painted_with_it() -> None:
    async def run() -> None:
        batches: list[tuple[Envelope, ...]] = []
        coalescer = Coalescer(asyncio.get_running_loop(), batches.append)
        for number in range(10):
            before = len(batches)
            coalescer.offer(tokens(number, "x"))
            for _ in range(5):
                await asyncio.sleep(0)  # the loop has the time to deliver it
            coalescer.offer(envelope(FileGrew(path="a.py", size=number, lines=1)))
            while len(batches) == before:
                await asyncio.sleep(0.01)
        assert (
            sum(len(batch) == 2 for batch in batches) >= 7
        )  # not all: another process may stop this one between the two

    asyncio.run(run())


def test_the_gauges_wait_for_the_next_token_but_not_for_ever() -> None:
    async def run() -> None:
        batches: list[tuple[Envelope, ...]] = []
        coalescer = Coalescer(asyncio.get_running_loop(), batches.append)
        read = envelope(GaugesRead(gauges=Gauges(engine_rss=1, models_rss=0, budget=2, cpu_percent=0.0)))
        coalescer.offer(read)
        while not batches:
            await asyncio.sleep(0.01)
        together = 0
        for number in range(5):
            before = len(batches)
            coalescer.offer(read)
            await asyncio.sleep(0.05)
            coalescer.offer(tokens(number, "x"))
            while len(batches) == before:
                await asyncio.sleep(0.01)
            together += len(batches[-1]) == 2
        assert together >= 3

    asyncio.run(run())


def test_counts_beside_the_chat_wait_while_a_text_grows_and_news_do_not(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        painted: list[object] = []
        show = bench.plan.show

        def counted(plan: PlanView | None) -> None:
            painted.append(plan)
            show(plan)

        bench.plan.show = counted  # type: ignore[method-assign]
        *deltas, last = envelopes((*script.READING, *script.stream(pieces=40)))[len(script.READING) :]
        for sent in deltas:
            stage.app.post_message(Arrived((sent,)))
        await stage.until(pilot, lambda: "return" in bench.chat.entries[-1].text)  # the text itself never waits
        before = len(painted)
        assert before < 10, "the clock of the test stands still"
        await stage.until(pilot, lambda: len(painted) > before)  # also where no further token comes
        stage.clock.now += 1.0
        stage.app.post_message(Arrived((last,)))
        await stage.until(pilot, lambda: len(painted) > before + 1)
        stage.show([ChunkEnded(chunk_id="c1", state="failed", figures=script.CHUNK_FIGURES, reason="stopped")])
        await stage.until(pilot, lambda: len(painted) > before + 2)

    asyncio.run(play(stage, script.READING, act))
