"""What the engine does about a model that the kernel ended: the chosen one steps down, and no other takes its place."""

import asyncio
from pathlib import Path

import pytest

from codey_tui.catalogue import ModelSpec, read_published
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ladder import Rung
from codey_tui.inference.ledger import Ledger
from codey_tui.inference.measured import Measured
from codey_tui.inference.residency import Residency
from codey_tui.memory_here import Memory
from codey_tui.paths import Paths, find_assets
from codey_tui.protocol import events as ev
from codey_tui.sandbox.choice import Choice
from codey_tui.settings import Settings
from tests.fakes.engine_room import EngineRoom
from tests.fakes.scripted_provider import ScriptedProvider
from tests.fakes.tiny_gguf import write_tiny_gguf

SMALLER = Rung(kind="kv", n_ctx=4096, kv_type="q8_0", needs=1 << 30)
ANOTHER = Rung(kind="model", n_ctx=4096, kv_type="f16", needs=1 << 20, model="scripted")


@pytest.mark.parametrize(
    ("rung", "said", "kv_type"),
    [(SMALLER, "Its next load takes a q8_0 KV cache", "q8_0"), (ANOTHER, "nothing smaller fits here", "f16")],
)
def test_a_model_that_was_not_chosen_steps_down_by_itself(tmp_path: Path, rung: Rung, said: str, kv_type: str) -> None:
    async def scenario() -> None:
        ledger = Ledger(tmp_path / "memory", budget=0, available=lambda: 0)
        home = Residency(ledger, Measured(tmp_path / "measured.json"))
        async with EngineRoom(
            tmp_path, other=ScriptedProvider([]), residency=home, step_down=lambda _info: rung
        ) as room:
            home.tenant("other").killed(1 << 30)
            assert said in (await room.event(ev.Noticed)).text
            status = room.engine.status()
            assert status.model.id == "scripted"
            assert {model.id: model.kv_type for model in status.models} == {"scripted": "f16", "other": kv_type}
            assert room.of(ev.ModelChanged) == []

    asyncio.run(scenario())


def test_a_model_that_chooses_tools_is_no_coder_in_another_ones_place(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("config_dir", "data_dir", "runtime_dir")}
    paths = Paths(**places, assets=find_assets())
    file = write_tiny_gguf(tmp_path / "m.gguf")
    router = next(model.id for model in read_published(paths) if model.role == "router")
    specs = {name: ModelSpec(id=name, title=name, path=file) for name in ("coder", router)}
    memory = Memory(paths, Settings(memory_budget_mb=1000, n_threads=1), specs, tmp_path, Choice({}, ""))
    assert [candidate.id for candidate in memory.residency.others()] == ["coder"]
    memory.ledger.close()


def test_a_person_is_told_of_a_load_that_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        ledger = Ledger(tmp_path / "memory", budget=0, available=lambda: 0)
        home = Residency(ledger, Measured(tmp_path / "measured.json"))
        async with EngineRoom(tmp_path, residency=home) as room:
            right = ledger.book.begin_load()
            assert right is not None
            loading = asyncio.create_task(_load(home, write_tiny_gguf(tmp_path / "m.gguf")))
            assert "this one loads after it" in (await room.event(ev.Noticed)).text
            ledger.book.end_load(right)
            await loading

    asyncio.run(scenario())


async def _load(home: Residency, file: Path) -> None:
    async def leave() -> None: ...

    async with home.tenant("scripted").entering(file, [LoadOptions(n_ctx=256)], leave):
        pass
