"""The setting `router`: a whole engine whose requests a GGUF model routes, and what happens when it cannot."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codey_tui.engine.engine import Engine
from codey_tui.inference.ledger import GROWTH, SOON
from codey_tui.inference.memory import rss_of
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.queries import GetRoute, GetStatus
from codey_tui.settings import Settings, UserModel
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.tiny_gguf import write_tiny_gguf
from tests.fakes.whole_engine import WholeEngine

pytestmark = pytest.mark.model
UNCLEAR = "kindly echo the tide"
QUESTION = ('{"tool": "', "answer_question", '", "args": ', "{", "}}")
CALL = ('{"tool": "', "shell", '", "args": {"command": "', "echo the tide", '"}', "}")


@asynccontextmanager
async def engine(
    folder: Path, router: str, *, say: Sequence[str] = (), budget: int = 4096, coder_says: Sequence[str] = ("Yes", ".")
) -> AsyncGenerator[tuple[Engine, list[ev.Event]]]:
    """An engine with a tiny model as its coder, `router` as the setting, and what it said; `budget` in MiB is for the models."""
    coder = write_tiny_gguf(folder / "coder.gguf", say=coder_says, n_ctx=8192)
    if say:
        write_tiny_gguf(folder / router, say=say, n_ctx=8192)
    settings = Settings(
        memory_budget_mb=budget + (max(SOON, GROWTH + rss_of(os.getpid())) >> 20),
        n_threads=1,
        context_tokens=8192,
        model="coder",
        models={"coder": UserModel(path=str(coder))},
        router=str(folder / router) if router.endswith(".gguf") else router,
    )
    async with WholeEngine(folder, settings) as whole:
        yield whole.engine, whole.said


def notices(heard: list[ev.Event]) -> str:
    return "\n".join(event.text for event in heard if isinstance(event, ev.Noticed))


@pytest.mark.parametrize(
    ("say", "found"), [(QUESTION, ("question", "", {})), (CALL, ("tool", "shell", {"command": "echo the tide"}))]
)
def test_a_model_named_by_its_file_routes_what_no_rule_is_certain_of(tmp_path: Path, say, found) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, "router.gguf", say=say) as (made, heard):
            chosen = await made.ask(GetRoute(text=UNCLEAR))
            assert (chosen.kind, chosen.tool, chosen.args) == found
            assert chosen.decided_by == "router"
            assert chosen.milliseconds > 0
            assert (await made.ask(GetRoute(text="git status"))).decided_by == "rule:git"
            assert notices(heard) == ""
            assert "router" not in [model.id for model in (await made.ask(GetStatus())).models]

    asyncio.run(scenario())


@pytest.mark.parametrize(("budget", "loads"), [(4096, 1), (105, 2)], ids=["both fit", "one fits"])
def test_it_stays_loaded_beside_the_coders_model_or_they_take_turns(tmp_path: Path, budget: int, loads: int) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, "router.gguf", say=QUESTION, budget=budget) as (made, heard):
            for count in (1, 2):
                made.submit(ops.SubmitPrompt(text=UNCLEAR))
                end = time.monotonic() + 60
                while sum(isinstance(event, ev.TurnEnded) for event in heard) < count or made.busy:
                    assert time.monotonic() < end, heard
                    await asyncio.sleep(0.01)
            routes = [event.route for event in heard if isinstance(event, ev.RouteChosen)]
            assert [route.decided_by for route in routes] == ["router", "router"]
            assert [event.result for event in heard if isinstance(event, ev.TurnEnded)] == ["done", "done"]
            loaded = [event for event in heard if isinstance(event, ev.ModelChanged) and event.model.state == "ready"]
            assert len(loaded) == loads
            assert notices(heard) == ""

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("router", "say", "budget", "sentence"),
    [
        ("missing.gguf", (), 4096, "There is no model file at"),
        ("nosuch", (), 4096, 'There is no model "nosuch"'),
        ("router.gguf", QUESTION, 20, "router.gguf needs"),
    ],
)
def test_one_that_cannot_be_used_is_told_of_and_the_built_in_router_decides(
    tmp_path: Path, router: str, say: Sequence[str], budget: int, sentence: str
) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, router, say=say, budget=budget) as (made, heard):
            chosen = await made.ask(GetRoute(text="walk me through closures"))
            assert (chosen.kind, chosen.decided_by) == ("question", "linear")
            assert sentence in notices(heard)
            assert "built-in router decides" in notices(heard)

    asyncio.run(scenario())


def test_where_only_the_coders_model_fits_it_says_what_a_request_is_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        large = write_shape_gguf(tmp_path / "large.gguf", SHAPES["qwen2-0.5b"])
        async with engine(tmp_path, large.name, budget=150, coder_says=QUESTION) as (made, heard):
            chosen = await made.ask(GetRoute(text=UNCLEAR))
            assert (chosen.kind, chosen.decided_by) == ("question", "coder")
            assert "large.gguf needs" in notices(heard)
            assert "So coder is asked what a request is as well." in notices(heard)

    asyncio.run(scenario())
