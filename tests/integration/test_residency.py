"""Three models in real child processes within one budget: who stays, who goes, and what a killed one costs the next."""

import asyncio
import ctypes
import json
import mmap
import os
import signal
import threading
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from codey_tui.engine.providers import Providers
from codey_tui.inference.accounts import AccountBook
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.measured import Measured
from codey_tui.inference.provider import (
    ChildDied,
    InferenceError,
    KilledForMemory,
    Loaded,
    ModelTooLarge,
    Provider,
    Token,
)
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.rates import Rates
from codey_tui.inference.residency import leased_for
from codey_tui.inference.tenancy import wanted_of
from tests.fakes.generating import answer, ask, until_first_token
from tests.fakes.residing import N_CTX, Engine, engine, needs, until, write_models
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


def test_both_stay_when_both_fit_and_the_least_recently_used_makes_way_for_a_third(
    tmp_path: Path, models: Path
) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 2.5) as one:
            for name in "ab":
                await answer(one[name], ask(max_tokens=2))
            assert one.loaded() == "ab"
            first = one["a"].pid
            await answer(one["a"], ask(max_tokens=2))
            assert one["a"].pid == first, "it was not loaded again"
            said = await answer(one["c"], ask(max_tokens=2))
            assert said.text == "c."
            assert (one.loaded(), one.gone) == ("ac", ["b"])
            survey = one.survey()
            assert survey.resident <= survey.used <= survey.budget
            assert sum(found.rss for _, found in survey.lines[0].models) == one["a"].rss + one["c"].rss > 0

    asyncio.run(scenario())


def test_models_are_swapped_when_only_one_fits_but_never_under_a_lease(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5) as one:
            leased_for.set("turn 7")
            async with aclosing(one["a"].generate(ask(max_tokens=400, pace=20))) as events:
                async for event in events:
                    if isinstance(event, Token):
                        break
                (held, _), *_ = one.survey().lines[0].models
                assert (held.leases, held.loading, held.until) == (("turn 7",), False, 0.0)
                with pytest.raises(ModelTooLarge, match="less what Codey and models at work have"):
                    await answer(one["b"], ask())
                assert one.loaded() == "a"
            await answer(one["b"], ask(max_tokens=2))
            assert (one.loaded(), one.gone) == ("b", ["a"])

    asyncio.run(scenario())


def test_an_idle_model_is_given_back_after_its_time(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 3, keep_alive=0.2) as one:
            async with aclosing(one["a"].load()) as events:  # as for a plan that is then rejected
                assert any([isinstance(event, Loaded) async for event in events])
            await until(lambda: one.gone == ["a"])
            assert one.loaded() == ""
            assert one.survey().lines[0].models == ()
            assert (await answer(one["a"], ask(max_tokens=2))).text == "a."

    asyncio.run(scenario())


def test_two_engines_share_the_budget(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5) as one, engine(tmp_path, models, 1.5) as two:
            await answer(one["a"], ask(max_tokens=2))
            await answer(two["b"], ask(max_tokens=2))
            assert (one.loaded(), two.loaded(), one.gone) == ("", "b", ["a"])

    asyncio.run(scenario())


def test_engines_load_one_after_the_other(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 4) as one, engine(tmp_path, models, 4) as two:
            loading: list[int] = []

            async def watch() -> None:
                while True:
                    models = [held for line in one.survey().lines for held, _ in line.models]
                    loading.append(sum(held.loading for held in models))
                    await asyncio.sleep(0.005)

            watching = asyncio.create_task(watch())
            wanted = (one["a"], two["b"], one["c"])
            await asyncio.gather(*(answer(provider, ask(max_tokens=2)) for provider in wanted))
            watching.cancel()
            assert max(loading) == 1
            assert (one.loaded(), two.loaded()) == ("ac", "b")

    asyncio.run(scenario())


def test_what_a_model_took_is_remembered_and_a_cancelled_load_gives_its_memory_back(
    tmp_path: Path, models: Path
) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 3) as one:
            finished = (await answer(one["a"], ask(max_tokens=2))).finished
            options = LoadOptions(n_ctx=N_CTX)
            known = one.measured.corrected(models / "a.gguf", options, needs(models))
            assert known.measured == finished.peak_rss > 0
            async with aclosing(one["b"].generate(ask())) as events:
                await anext(events)
                assert any(held.loading for held, _ in one.survey().lines[0].models)
            assert [held.model for held, _ in one.survey().lines[0].models] == ["a"]
            assert (await answer(one["b"], ask(max_tokens=2))).text == "b."

    asyncio.run(scenario())


def test_a_child_that_died_holds_nothing(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 1.5) as one:
            await until_first_token(one["a"], ask())
            os.kill(one["a"].pid, signal.SIGSEGV)
            await until(lambda: not one["a"].pid)
            await answer(one["b"], ask(max_tokens=2))
            assert one.killed == []

    asyncio.run(scenario())


def test_a_replaced_provider_that_still_waits_to_load_leaves_nothing_behind(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 3) as one:
            other, begun = AccountBook(tmp_path / "memory"), threading.Event()
            right = other.begin_load()
            assert right is not None
            made: list[LlamaCppProvider] = []

            def tune(options: LoadOptions) -> LoadOptions:
                begun.set()
                return options

            def make(model: str) -> Provider:
                made.append(LlamaCppProvider(model, models / "a.gguf", tenancy=one.home.tenant(model), tune=tune))
                return made[-1]

            providers = Providers(make)

            async def load() -> None:
                async with aclosing(providers.get("a").load()) as events:
                    async for _ in events:
                        pass

            loading = providers.in_background(load())
            await until(begun.is_set)
            providers.make_anew("a")
            providers.leave_replaced()
            other.end_load(right)
            await loading
            await providers.close()
            assert made[0].pid == 0
            assert one.survey().lines[0].models == ()

    asyncio.run(scenario())


MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")


@pytest.fixture
def group() -> Path:
    """A control group for memory, where the system lets a test make one."""
    folder = MEMORY_GROUPS / f"codey-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error}), so the kernel cannot be made to kill")
    return folder


def test_a_child_that_the_kernel_kills_for_want_of_memory_is_known_as_such(
    tmp_path: Path, models: Path, group: Path
) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 3) as one:
            await until_first_token(one["a"], ask())
            pid = one["a"].pid
            (group / "cgroup.procs").write_text(str(pid))
            (group / "memory.limit_in_bytes").write_text("65536")  # what it takes from now on
            with pytest.raises(KilledForMemory) as caught:
                await answer(one["a"], ask(text="x" * 400, max_tokens=60))
            assert isinstance(caught.value, ChildDied)
            assert "memory ran out" in str(caught.value)
            assert one.killed == ["a"]
            (known,) = json.loads((tmp_path / "memory" / "measured.json").read_text()).values()
            assert known["short_of"] > 1 << 20
            await until(lambda: not Path(f"/proc/{pid}").exists())

    asyncio.run(scenario())
    group.rmdir()


def test_a_disk_that_takes_nothing_loses_no_end_of_a_generation_and_no_sentence(tmp_path: Path, models: Path) -> None:
    async def scenario() -> None:
        async with engine(tmp_path, models, 3) as one:
            measured = tmp_path / "memory" / "measured.json"
            account = tmp_path / "memory" / f"{one.ledger.own_id}.json"
            measured.mkdir()  # nothing can be put in its place
            said = await answer(one["a"], ask(max_tokens=2))
            assert said.finished.tokens_out == 2, "the end of the generation came"
            one.home.tenant("b").killed(1)
            assert one.killed == ["b"], "that it was killed is told all the same"
            account.unlink()
            account.mkdir()
            with pytest.raises(InferenceError, match="make room on the disk"):
                await answer(one["b"], ask())
            await one["a"].unload()
            assert one.survey().lines[0].models == ()
            account.rmdir()
            measured.rmdir()
            assert (await answer(one["b"], ask(max_tokens=2))).text == "b."
            assert [held.model for held, _ in one.survey().lines[0].models] == ["b"]
            assert measured.is_file()

    asyncio.run(scenario())


def test_what_a_generation_has_told_is_written_down_beside_the_loop(tmp_path: Path, models: Path) -> None:
    threads: dict[str, int] = {}

    def clock() -> float:
        threads["peak"] = threading.get_ident()
        return time.time()

    class Noting(Rates):
        def note(self, key: str, rate: float) -> None:
            threads["rate"] = threading.get_ident()
            super().note(key, rate)

    async def scenario() -> None:
        async with engine(tmp_path, models, 3) as one:
            one.home.measured = Measured(tmp_path / "measured.json", clock)
            provider = LlamaCppProvider(
                "a",
                models / "a.gguf",
                n_ctx=N_CTX,
                n_threads=1,
                nice=0,
                tenancy=one.home.tenant("a"),
                rates=Noting(tmp_path / "rates.json"),
                used=lambda _finished: threads.update(used=threading.get_ident()),
            )
            async with aclosing(provider.load()) as loading:
                async for _ in loading:
                    pass
            threads.clear()
            await answer(provider, ask(max_tokens=2))
            await provider.unload()

    asyncio.run(scenario())
    assert set(threads) == {"peak", "rate", "used"}
    assert threading.get_ident() not in threads.values()


def resident_pages(path: Path, offset: int) -> int:
    """How many pages of a file beyond an offset are in memory, as the kernel knows (mincore)."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        found = ctypes.create_string_buffer(pages)
        start = ctypes.c_char.from_buffer(mapped)
        told = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), found
        )
        del start
        assert told == 0, os.strerror(ctypes.get_errno())
        return sum(page & 1 for page in found.raw[offset // mmap.PAGESIZE :])


def test_a_7b_that_does_not_fit_is_refused_before_a_byte_of_its_weights_is_read(tmp_path: Path) -> None:
    path = write_shape_gguf(tmp_path / "a.gguf", SHAPES["qwen2-7b"])
    weights = wanted_of(path, LoadOptions(n_ctx=N_CTX))[1].weights
    # the system reads a little ahead of the header's end
    begin = path.stat().st_size - weights + (4 << 20)

    async def scenario() -> None:
        one = Engine(tmp_path / "memory", tmp_path, 4 << 30)
        with pytest.raises(ModelTooLarge) as caught:
            await answer(one["a"], ask())
        sentence = str(caught.value)
        assert "a.gguf needs 4,9" in sentence and "memory_budget_mb" in sentence
        assert one.survey().lines[0].models == ()
        await one.home.close()

    asyncio.run(scenario())
    assert resident_pages(path, begin) == 0
    with path.open("rb") as file:
        file.seek(begin + (1 << 30))
        file.read(1)
    assert resident_pages(path, begin) > 0, "reading one byte would have been seen"
