"""The residency of models without a process: who waits for whom."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from codey_tui.inference.accounts import Holding
from codey_tui.inference.ledger import Granted, Ledger
from codey_tui.inference.provider import InferenceError
from codey_tui.inference.residency import Tenant
from tests.fakes.places import Place, until


def test_a_load_waits_for_a_model_that_is_just_going_and_takes_its_memory(tmp_path: Path) -> None:
    async def scenario() -> None:
        place = Place(tmp_path, 1.5)
        may_go = asyncio.Event()
        holder: list[Tenant] = []

        async def slowly() -> None:
            await may_go.wait()
            holder[0].left()

        holder.append(await place.load("a", slowly))
        async with AsyncExitStack() as stack:
            stack.callback(may_go.set)
            first = asyncio.create_task(holder[0].evict("nobody needed it for a while"))
            await asyncio.sleep(0)
            next_one = asyncio.create_task(place.load("b"))
            second = asyncio.create_task(holder[0].evict("its memory is needed"))
            looked = place.looks
            await until(lambda: place.looks > looked)  # the next one has found that there is no room
            assert not second.done(), "it is not gone yet"
            may_go.set()
            assert await first and await second
            await next_one
        assert place.told == ["a"]
        assert [held.model for held, _ in place.ledger.survey().lines[0].models] == ["b"]
        await place.home.close()

    asyncio.run(scenario())


def loader(folder: Path) -> Ledger:
    """What another engine, in /shop, says while it loads a model."""
    ledger = Ledger(folder / "memory", budget=0, available=lambda: 0, workspace="/shop")
    assert ledger.reserve(Holding(key=ledger.new_key(), model="theirs", needs=1)) == Granted()
    return ledger


def test_a_load_that_waits_for_another_engine_tells_of_it_and_goes_on_after_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        told: list[str] = []
        place, other = Place(tmp_path, 2), loader(tmp_path)
        place.home.waits = told.append
        right = other.book.begin_load()
        assert right is not None
        loading = asyncio.create_task(place.load("a"))
        await until(lambda: bool(told))
        assert told == [
            f"The model theirs is being loaded by another engine in /shop (process {os.getpid()}); this one loads after it."
        ]
        other.book.end_load(right)
        other.close()
        await loading
        assert len(told) == 1
        await place.home.close()

    asyncio.run(scenario())


def test_a_load_gives_up_on_another_engine_that_loads_without_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        place, other = Place(tmp_path, 2, patience_s=0.1), loader(tmp_path)
        right = other.book.begin_load()
        assert right is not None
        async with asyncio.timeout(30):
            with pytest.raises(InferenceError, match="theirs is being loaded by another engine"):
                await place.load("a")
        other.book.end_load(right)
        other.close()
        await place.load("a")
        await place.home.close()

    asyncio.run(scenario())
