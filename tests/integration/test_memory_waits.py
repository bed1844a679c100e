"""Loads in real child processes that wait for models at work, in one engine and in two, and what ends the wait."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from codey_tui.inference.accounts import Holding
from codey_tui.inference.ledger import Granted, Ledger
from codey_tui.inference.provider import MemoryAtWork, NotReady, Token
from codey_tui.inference.residency import leased_for
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.settings import Settings, UserModel
from tests.fakes.generating import answer, ask
from tests.fakes.residing import Engine, engine, needs, until, write_models
from tests.fakes.tiny_gguf import write_tiny_gguf
from tests.fakes.whole_engine import WholeEngine

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


class Work:
    """A generation that goes on until it is told to `end`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._provider = engine[name]
        self._begun, self._end = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def begun(self) -> "Work":
        await self._begun.wait()
        return self

    async def _run(self) -> None:
        leased_for.set("turn 7")
        async with aclosing(self._provider.generate(ask(max_tokens=400, pace=50))) as events:
            async for event in events:
                if isinstance(event, Token):
                    self._begun.set()
                    await self._end.wait()
                    return

    async def end(self) -> None:
        self._end.set()
        await self._task


def test_a_request_waits_for_a_model_at_work_in_the_same_engine_and_is_answered(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5) as one, AsyncExitStack() as stack:
            work = await Work(one, "a").begun()
            stack.push_async_callback(work.end)
            asking = asyncio.create_task(answer(one["b"], ask(max_tokens=2)))
            await until(lambda: bool(one.told))
            assert one.told == ["b waits for the memory of a, at work for turn 7."]
            assert (one.loaded(), one.waiting()) == ("a", ["b"])
            await work.end()
            assert (await asking).text == "b."
            assert (one.loaded(), one.gone, one.waiting()) == ("b", ["a"], [])

    asyncio.run(scenario())


def test_two_engines_that_want_each_others_memory_are_both_answered(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with (
            engine(tmp_path, models, 1.5, workspace="/one") as one,
            engine(tmp_path, models, 1.5, workspace="/two") as two,
            AsyncExitStack() as stack,
        ):
            work = await Work(one, "a").begun()
            stack.push_async_callback(work.end)
            asking = asyncio.create_task(answer(two["b"], ask(max_tokens=2)))
            await until(lambda: one.waiting() == ["b"])
            await work.end()
            again = asyncio.create_task(answer(one["c"], ask(max_tokens=2)))
            assert [(await asking).text, (await again).text] == ["b.", "c."]
            assert one.waiting() == two.waiting() == []

    asyncio.run(scenario())


@pytest.mark.parametrize("ending", ["cancel", "unload"])
def test_who_waits_for_memory_can_be_cancelled_and_unloaded(tmp_path: Path, models: Path, ending: str) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5) as one, AsyncExitStack() as stack:
            work = await Work(one, "a").begun()
            stack.push_async_callback(work.end)
            first = asyncio.create_task(answer(one["b"], ask(max_tokens=2)))
            behind = asyncio.create_task(answer(one["b"], ask(max_tokens=2)))
            await until(lambda: one.waiting() == ["b"])
            if ending == "cancel":
                behind.cancel()
                first.cancel()
                assert await asyncio.gather(first, return_exceptions=True) != [None]
                assert first.cancelled()
            else:
                await one["b"].unload()
                for asking in (first, behind):
                    with pytest.raises(NotReady):
                        await asking
            assert (one.loaded(), one.waiting()) == ("a", [])
            assert [held.model for held, _ in one.survey().lines[0].models] == ["a"]
            await work.end()
            assert (await answer(one["b"], ask(max_tokens=2))).text == "b."

    asyncio.run(scenario())


def test_after_its_patience_a_request_is_refused_with_a_sentence(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5, patience_s=0.2) as one, AsyncExitStack() as stack:
            work = await Work(one, "a").begun()
            stack.push_async_callback(work.end)
            with pytest.raises(MemoryAtWork, match=r"b has waited 0.2 s for the memory of a, at work for turn 7\. Try"):
                await answer(one["b"], ask())
            assert (one.loaded(), one.waiting(), one.gone) == ("a", [], [])

    asyncio.run(scenario())


def test_with_flash_attention_it_fits_at_once_and_so_nothing_is_waited_for(tmp_path: Path, models: Path) -> None:
    table, flash = needs(models, flash=False).needs, needs(models, flash=True).needs
    assert flash < table == needs(models).needs

    async def scenario() -> None:
        async with engine(tmp_path, models, 1 + (flash + table) / 2 / table) as one, AsyncExitStack() as stack:
            work = await Work(one, "a").begun()
            stack.push_async_callback(work.end)
            assert (await answer(one["b"], ask(max_tokens=2))).text == "b."
            assert (one.loaded(), one.told) == ("ab", [])
            assert [held.needs for held, _ in one.survey().lines[0].models][1] < table

    asyncio.run(scenario())


class Shop:
    """Another engine, in /shop, with a model at work that takes nearly all memory."""

    def __init__(self, folder: Path, needs: int) -> None:
        self._ledger = Ledger(folder / "data_dir" / "memory", budget=0, available=lambda: 0, workspace="/shop")
        held = Holding(key=self._ledger.new_key(), model="theirs", needs=needs, loading=False, leases=("turn 3",))
        assert self._ledger.reserve(held) == Granted()
        self._key = held.key

    def waited_for(self) -> list[str]:
        return [load.model for line in self._ledger.survey().lines for load in line.account.waiting]

    def done(self) -> None:
        self._ledger.drop(self._key)

    def close(self) -> None:
        self._ledger.close()


@pytest.mark.parametrize("planned", [False, True])
def test_a_turn_waits_for_another_workspaces_model_until_that_is_done_or_the_turn_cancelled(
    tmp_path: Path, planned: bool
) -> None:
    file = write_tiny_gguf(tmp_path / "small.gguf", say=["Yes", "."], n_ctx=4096)
    settings = Settings(memory_budget_mb=4000, n_threads=1, model="small", models={"small": UserModel(path=str(file))})

    async def scenario() -> None:
        async with WholeEngine(tmp_path, settings) as whole:
            shop = Shop(tmp_path, 3900 << 20)
            whole.engine.submit(ops.SubmitPrompt(text="Create a Fibonacci function" if planned else "What is a stack?"))
            if planned:  # the model that is loaded ahead waits for nobody, and nothing is told of it
                plan = (await whole.event(ev.PlanProposed)).plan
                await whole.until(lambda: bool(whole.of(ev.ModelChanged)))
                assert whole.of(ev.Noticed) == [] and shop.waited_for() == []
                whole.engine.submit(ops.DecidePlan(plan_id=plan.id, verdict="allow"))
            told = (await whole.event(ev.Noticed)).text
            assert told.startswith("small waits for the memory of theirs, at work for turn 3 in /shop (process ")
            if planned:
                whole.engine.submit(ops.CancelTurn())
            else:
                shop.done()
            ended = await whole.event(ev.TurnEnded)
            assert ended.result == ("cancelled" if planned else "done"), ended.reason
            assert shop.waited_for() == []
            assert "failed" not in [event.model.state for event in whole.of(ev.ModelChanged)]
            shop.close()

    asyncio.run(scenario())
