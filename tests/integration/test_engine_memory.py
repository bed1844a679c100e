"""Memory through the whole engine: loading ahead of a plan's approval, the step down after a kill, and `codey models ps`."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from codey_tui.inference.accounts import AccountBook, Holding, Waiting
from codey_tui.inference.ledger import Granted, Ledger
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.settings import Settings, UserModel
from tests.fakes.engine_room import EngineRoom
from tests.fakes.tiny_gguf import write_tiny_gguf
from tests.fakes.whole_engine import WholeEngine

MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")


def test_the_model_loads_while_the_plan_is_read_and_a_rejected_plan_generates_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            room.engine.submit(ops.SubmitPrompt(text="Create a Fibonacci function"))
            plan = (await room.event(ev.PlanProposed)).plan
            await room.until(lambda: "ready" in [event.model.state for event in room.of(ev.ModelChanged)], "a model")
            assert room.of(ev.PlanDecided) == []
            room.engine.submit(ops.DecidePlan(plan_id=plan.id, verdict="reject"))
            assert (await room.event(ev.TurnEnded)).result == "rejected"
            assert room.provider.requests == []

    asyncio.run(scenario())


def test_nothing_loads_for_a_plan_that_plan_mode_does_not_carry_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="plan") as room:
            ended = await room.ask("Create a Fibonacci function")
            assert ended.result == "rejected"
            assert not room.provider.loaded

    asyncio.run(scenario())


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group for memory, where the system lets a test make one."""
    folder = MEMORY_GROUPS / f"codey-test-{os.getpid()}-engine"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error}), so the kernel cannot be made to kill")
    yield folder
    folder.rmdir()


@pytest.mark.model
def test_after_a_kill_for_want_of_memory_the_next_try_takes_the_next_rung(tmp_path: Path, group: Path) -> None:
    file = write_tiny_gguf(tmp_path / "small.gguf", say=["Yes", "."], n_ctx=4096, layers=4)
    settings = Settings(
        memory_budget_mb=1 << 20, n_threads=1, model="small", models={"small": UserModel(path=str(file))}
    )

    def models(whole: WholeEngine, state: str) -> list[tuple[int, str]]:
        changed = [event.model for event in whole.of(ev.ModelChanged)]
        return [(model.n_ctx, model.kv_type) for model in changed if model.state == state]

    def squeeze() -> None:
        """What the model's process takes from now on is too much."""
        for child in psutil.Process().children():
            if "codey_tui.inference.child" in child.cmdline():
                (group / "cgroup.procs").write_text(str(child.pid))
        (group / "memory.limit_in_bytes").write_text("65536")

    async def scenario() -> None:
        async with WholeEngine(tmp_path, settings) as whole:
            engine = whole.engine
            engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await whole.event(ev.TurnEnded)
            assert models(whole, "ready") == [(4096, "f16")]
            squeeze()
            engine.submit(ops.SubmitPrompt(text=f"What is a stack of {'very ' * 200}old plates?"))
            ended = await whole.event(ev.TurnEnded, 2)
            assert "memory ran out" in ended.reason and ended.can_retry
            assert (await whole.event(ev.Noticed)).text.startswith(
                "small was ended by the kernel for want of memory. The next try, such as /retry, takes a q8_0 KV"
            )
            assert len(whole.of(ev.Noticed)) == 1
            engine.submit(ops.RetryTurn())
            await whole.until(lambda: len(models(whole, "ready")) == 2)
            assert models(whole, "ready")[-1] == (4096, "q8_0")
            assert (await whole.event(ev.TurnEnded, 3)).result == "done"
            # what there was is remembered as not enough
            (known,) = [taken for taken in _measured(tmp_path).values() if taken["short_of"]]
            assert known["short_of"] > 1 << 30

    asyncio.run(scenario())


def _measured(folder: Path) -> dict[str, dict[str, float]]:
    return json.loads((folder / "data_dir" / "memory" / "measured.json").read_text())


def ps(folder: Path, *args: str) -> str:
    places = {
        "CODEY_DATA_DIR": str(folder),
        "CODEY_CONFIG_DIR": str(folder / "config"),
        "CODEY_MEMORY_BUDGET_MB": "4000",
    }
    command = [sys.executable, "-m", "codey_tui", "models", "ps", *args]
    done = subprocess.run(command, env={**os.environ, **places}, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_codey_models_ps_shows_what_is_in_memory_and_for_what(tmp_path: Path) -> None:
    assert ps(tmp_path).startswith("No model is loaded.\n")
    ledger = Ledger(tmp_path / "memory", budget=0, available=lambda: 0, workspace="/home/ann/shop")
    screen = AccountBook(tmp_path / "memory", "screen", "/home/ann/shop")

    def hold(model: str, leases: tuple[str, ...] = (), until: float = 0.0) -> None:
        held = Holding(
            key=ledger.new_key(),
            model=model,
            needs=500_000_000,
            loading=False,
            pid=os.getpid(),
            leases=leases,
            until=until,
        )
        assert ledger.reserve(held) == Granted()

    hold("coder-7b", leases=("turn 3",))
    hold("router", until=time.time() + 605)
    hold("nano")
    awaits = "coder-7b, at work for turn 3 in /home/ann/shop (process 7)"
    wanted = Waiting(key="k", model="large", needs=90_000_000_000, n_ctx=4096, kv_type="f16", awaits=awaits)
    ledger.wait(wanted)
    text = ps(tmp_path)
    assert f"large in shop waits for 90,000 MB: the memory of {awaits}.\n" in text
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert lines["coder-7b"].endswith("at work for turn 3, in shop")
    assert "500 MB" in lines["coder-7b"]
    assert lines["router"].endswith("idle, given back in 10 minutes, in shop")
    assert lines["nano"].endswith("idle, stays until its memory is needed, in shop")
    assert f"engine {os.getpid()} of /home/ann/shop" in text and f"screen {os.getpid()}" in text
    assert "of 4,194 MB (memory_budget_mb)" in text
    found = json.loads(ps(tmp_path, "--json"))
    assert [model["state"] for model in found["models"]] == ["at work", "idle", "idle"]
    assert [(load["model"], load["awaits"]) for load in found["waiting"]] == [("large", awaits)]
    assert 90_000_000_000 > found["used"] >= 1_500_000_000 and {process["kind"] for process in found["processes"]} == {
        "engine",
        "screen",
    }
    screen.close()
    ledger.close()
