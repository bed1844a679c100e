"""Models that do not fit, through the whole engine: refused before they are loaded, and loaded on the rung that was taken."""

import asyncio
import os
from pathlib import Path

import pytest

from codey_tui.inference.ledger import GROWTH, SOON
from codey_tui.inference.memory import rss_of
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.queries import GetStatus, ListModels
from codey_tui.settings import Settings, UserModel
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.whole_engine import WholeEngine

pytestmark = pytest.mark.model
ROOM = 384 << 20
"""Bytes for the 270M shape with 1,024 tokens of context, and not with 4,096."""


class Place(WholeEngine):
    """An engine with the 270M shape as its model."""

    def __init__(self, folder: Path) -> None:
        file = write_shape_gguf(folder / "small.gguf", SHAPES["gemma3-270m"])
        super().__init__(
            folder,
            Settings(
                memory_budget_mb=(ROOM + max(SOON, GROWTH + rss_of(os.getpid()))) >> 20,
                n_threads=1,
                model="small",
                models={"small": UserModel(path=str(file))},
            ),
        )

    def states(self) -> list[str]:
        return [event.model.state for event in self.of(ev.ModelChanged)]

    def ended(self) -> list[ev.TurnEnded]:
        return self.of(ev.TurnEnded)


def test_what_does_not_fit_is_refused_and_a_rung_of_the_ladder_is_loaded(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Place(tmp_path) as place:
            engine = place.engine
            engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await place.until(lambda: len(place.ended()) == 1)
            reason = place.ended()[0].reason
            assert "small.gguf needs 4" in reason and "memory_budget_mb" in reason
            assert "/models" in reason
            assert place.states() == ["failed"], "nothing was loaded"

            offer = next(offer for offer in (await engine.ask(ListModels())).offers if offer.id == "small")
            assert not offer.fits
            rung = next(rung for rung in offer.rungs if rung.n_ctx < offer.n_ctx)
            engine.submit(ops.SetModel(model="small", n_ctx=rung.n_ctx, kv_type=rung.kv_type))
            engine.submit(ops.SubmitPrompt(text="What is a queue?"))
            await place.until(lambda: "ready" in place.states())
            ready = next(e.model for e in place.of(ev.ModelChanged) if e.model.state == "ready")
            assert (ready.n_ctx, ready.kv_type) == (rung.n_ctx, rung.kv_type)
            assert ready.rss < ROOM
            engine.submit(ops.CancelTurn())
            await place.until(lambda: len(place.ended()) == 2)
            assert (await engine.ask(GetStatus())).model.n_ctx == rung.n_ctx

    asyncio.run(scenario())


def test_asking_for_what_it_has_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Place(tmp_path) as place:
            place.engine.submit(ops.SetModel(model="small", n_ctx=4096, kv_type="f16"))
            place.engine.submit(ops.SetModel(model="gone", n_ctx=4096))
            await place.until(lambda: place.of(ev.Noticed))
            assert place.states() == []
            place.engine.submit(ops.SetModel(model="small", n_ctx=1_000_000, kv_type="q8_0"))
            await place.until(lambda: place.states() == ["idle"])
            model = (await place.engine.ask(GetStatus())).model
            assert (model.n_ctx, model.kv_type) == (32_768, "q8_0"), "no more than it was trained for"

    asyncio.run(scenario())
