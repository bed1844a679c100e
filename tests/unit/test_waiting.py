"""A load that would fit without models at work waits for them: who does, who is told, what ends it, and what it leaves behind."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import MemoryAtWork, ModelTooLarge, NotReady
from codey_tui.inference.residency import Tenant, leased_for
from codey_tui.inference.waiting import impatient
from tests.fakes.places import OPTIONS, Place, until
from tests.fakes.tiny_gguf import write_tiny_gguf


class Work:
    """A request that is at work with a model, in a task of its own, until it is told to end."""

    def __init__(self, tenant: Tenant, what: str) -> None:
        self._tenant = tenant
        self._what = what
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def run(self) -> None:
        leased_for.set(self._what)
        with self._tenant.lease():
            self.begun.set()
            await self.end.wait()


def opened(stack: AsyncExitStack, place: Place) -> Place:
    """A place whose models are given up when `stack` ends."""
    stack.push_async_callback(place.home.close)
    return place


async def at_work(stack: AsyncExitStack, tenant: Tenant, what: str = "turn 3") -> Work:
    work = Work(tenant, what)
    task = asyncio.create_task(work.run())

    async def over() -> None:
        work.end.set()
        await task

    stack.push_async_callback(over)
    await work.begun.wait()
    return work


def may_load(place: Place) -> bool:
    """Whether nobody has the right to load."""
    right = place.ledger.book.begin_load()
    if right is not None:
        place.ledger.book.end_load(right)
    return right is not None


def test_a_load_waits_for_a_model_at_work_and_takes_its_memory_when_that_is_done(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 1.5))
            work = await at_work(stack, await place.load("a"))
            loading = asyncio.create_task(place.load("b"))
            await until(lambda: place.waiting() == ["b"])
            assert place.models() == ["a"], "nothing is put aside for what waits"
            assert may_load(place), "others may load what fits"
            await until(lambda: bool(place.waits))
            assert place.waits == ["b waits for the memory of a, at work for turn 3."]
            assert not loading.done() and place.told == []
            work.end.set()
            await loading
            assert (place.models(), place.told, place.waiting(), len(place.waits)) == (["b"], ["a"], [], 1)

    asyncio.run(scenario())


def test_a_load_waits_for_a_model_at_work_in_another_workspace(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            here = opened(stack, Place(tmp_path, 1.5, engines=2))
            there = opened(stack, Place(tmp_path, 1.5, engines=2, workspace="/shop"))
            work = await at_work(stack, await there.load("a"))
            loading = asyncio.create_task(here.load("b"))
            await until(lambda: bool(here.waits))
            assert here.waits[0].startswith("b waits for the memory of a, at work for turn 3 in /shop (process ")
            assert there.waiting() == ["b"], "others see it"
            work.end.set()
            await loading
            assert (here.models(), there.told, there.waiting()) == (["b"], ["a"], [])

    asyncio.run(scenario())


def test_of_models_at_work_and_idle_ones_only_those_go_that_have_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 3.5))
            tenants = {name: await place.load(name) for name in "abc"}
            works = {name: await at_work(stack, tenants[name], f"turn {name}") for name in "abc"}
            loading = asyncio.create_task(place.load("d"))
            await until(lambda: place.waiting() == ["d"])
            works["b"].end.set()
            await loading
            assert sorted(place.models()) == ["a", "c", "d"]

    asyncio.run(scenario())


def test_a_load_that_has_waited_for_long_enough_is_refused_with_what_would_fit(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 1.99, patience_s=0.2))
            await at_work(stack, await place.load("a"))
            large = LoadOptions(n_ctx=512)
            with pytest.raises(MemoryAtWork) as caught:
                await place.load("b", options=[large])
            said = str(caught.value)
            assert said.startswith("b has waited 0.2 s for the memory of a, at work for turn 3. Try again when that is")
            assert "generation_timeout_s says how long" in said and "m.gguf needs" in said
            assert (place.models(), place.waiting(), place.told, may_load(place)) == (["a"], [], [], True)

    asyncio.run(scenario())


def test_what_would_not_fit_without_the_models_at_work_either_is_refused_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 2.5))
            await at_work(stack, await place.load("a"))
            await place.load("idle")
            place.file = write_tiny_gguf(tmp_path / "large.gguf", n_ctx=131_072, layers=8)
            with pytest.raises(ModelTooLarge) as caught:
                await place.load("b", options=[LoadOptions(n_ctx=131_072)])
            assert not isinstance(caught.value, MemoryAtWork)
            assert (place.told, place.waits) == ([], []), "nothing went for it"

    asyncio.run(scenario())


def test_who_is_at_work_with_one_model_waits_for_no_other(tmp_path: Path) -> None:
    """Two of them would wait for each other."""

    both = asyncio.Barrier(2)

    async def wanting(place: Place, own: Tenant, other: str) -> str:
        with own.lease():
            await both.wait()
            with pytest.raises(MemoryAtWork) as caught:
                await asyncio.create_task(place.load(other))  # also not in a task that is awaited
            await both.wait()
        return str(caught.value)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            here = opened(stack, Place(tmp_path, 2.5, engines=2))
            there = opened(stack, Place(tmp_path, 2.5, engines=2, workspace="/shop"))
            a, b = await here.load("a"), await there.load("b")
            async with asyncio.timeout(30):
                said = await asyncio.gather(wanting(here, a, "c"), wanting(there, b, "d"))
            assert "It would fit without a, at work for a request" in said[0]
            await here.load("c")  # with no lease it takes what is idle
            assert len(here.models()) == 2

    asyncio.run(scenario())


def test_the_lease_of_the_model_that_is_loaded_is_no_reason_not_to_wait(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 1.5))
            work = await at_work(stack, await place.load("a"))
            b = place.home.tenant("b")

            async def request() -> None:
                with b.lease():
                    await place.put(b)

            asking = asyncio.create_task(request())
            await until(lambda: place.waiting() == ["b"])
            work.end.set()
            await asking
            assert place.models() == ["b"]

    asyncio.run(scenario())


@pytest.mark.parametrize("ending", ["cancel", "give up", "close"])
def test_a_wait_ends_at_once_and_leaves_nothing_behind(tmp_path: Path, ending: str) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 1.5))
            await at_work(stack, await place.load("a"))
            b = place.home.tenant("b")
            loading = asyncio.create_task(place.put(b))
            await until(lambda: place.waiting() == ["b"])
            endings: dict[str, Callable[[], object]] = {
                "cancel": loading.cancel,
                "give up": b.give_up,
                "close": lambda: asyncio.ensure_future(place.home.close()),
            }
            endings[ending]()
            async with asyncio.timeout(30):
                with pytest.raises(asyncio.CancelledError if ending == "cancel" else NotReady):
                    await loading
            if ending != "close":
                assert (place.models(), place.waiting(), may_load(place)) == (["a"], [], True)

    asyncio.run(scenario())


def test_who_has_little_patience_waits_little_or_not_at_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 1.5))
            await at_work(stack, await place.load("a"))
            for seconds, said in ((0.0, "It would fit without a"), (0.1, "b has waited 0.1 s")):
                with impatient(seconds), pytest.raises(MemoryAtWork, match=said) as caught:
                    await place.load("b")
                assert "generation_timeout_s" not in str(caught.value)
            assert (place.models(), place.waiting()) == (["a"], [])

    asyncio.run(scenario())


def test_a_smaller_choice_that_fits_at_once_is_not_kept_waiting_by_a_larger_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            place = opened(stack, Place(tmp_path, 2.0))
            large = LoadOptions(n_ctx=512)
            work = await at_work(stack, await place.load("a"))
            b = await place.load("b", options=[large, OPTIONS])
            assert b.options is OPTIONS
            await at_work(stack, b)
            loading = asyncio.create_task(place.load("c", options=[large, OPTIONS]))
            await until(lambda: place.waiting() == ["c"])
            work.end.set()
            assert (await loading).options is OPTIONS, "it waits for what fits, whichever that is"
            assert sorted(place.models()) == ["b", "c"]

    asyncio.run(scenario())


def test_work_that_begins_while_a_model_is_asked_for_holds_no_other_load_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            here = opened(stack, Place(tmp_path, 1.5, engines=2))
            there = opened(stack, Place(tmp_path, 1.5, engines=2, workspace="/shop"))
            leaving = asyncio.Event()

            async def never() -> None:
                leaving.set()

            a = await there.load("a", never)
            loading = asyncio.create_task(here.load("b"))
            await leaving.wait()
            assert not may_load(here), "it has asked for the idle model"
            with ExitStack() as lease:
                lease.enter_context(a.lease())
                await until(lambda: here.waiting() == ["b"])
                assert may_load(here)
                a.left()  # as when its process dies
            await loading
            assert here.models() == ["b"]

    asyncio.run(scenario())
