"""Engines as their models see them: a residency with providers of real children, over one ledger of memory."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from codey_tui.inference.footprint import Footprint
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ledger import GROWTH, SOON, Ledger, Survey
from codey_tui.inference.measured import Measured
from codey_tui.inference.memory import Resident, resident_of
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.residency import FOR_EVER, Residency
from codey_tui.inference.tenancy import wanted_of
from codey_tui.telemetry.machine import available_memory
from tests.fakes.generating import PATIENCE_S
from tests.fakes.tiny_gguf import write_tiny_gguf

N_CTX = 512
NAMES = ("a", "b", "c")
PROCESS = 1 << 20
"""What the test's own process counts for: what it really takes is no part of these tests."""


class Engine:
    """A residency with providers of real children; `gone` says which models went by themselves, `told` what was told of waits."""

    def __init__(
        self,
        folder: Path,
        models: Path,
        room: int,
        *,
        keep_alive: float = FOR_EVER,
        patience_s: float = PATIENCE_S,
        workspace: str = "",
    ) -> None:
        def measure(pid: int) -> Resident:
            return Resident(rss=PROCESS) if pid == os.getpid() else resident_of(pid)

        budget = room + max(SOON, PROCESS + GROWTH)
        self.ledger = Ledger(folder, budget=budget, available=available_memory, measure=measure, workspace=workspace)
        self.measured = Measured(folder / "measured.json")
        self.home = Residency(
            self.ledger, self.measured, keep_alive=lambda _model: keep_alive, tick_s=0.05, patience_s=patience_s
        )
        self.gone: list[str] = []
        self.killed: list[str] = []
        self.told: list[str] = []
        self.home.left = lambda model, _why: self.gone.append(model)
        self.home.killed = self.killed.append
        self.home.waits = self.told.append
        self.providers = {
            name: LlamaCppProvider(
                name,
                models / f"{name}.gguf",
                n_ctx=N_CTX,
                n_threads=1,
                nice=0,
                timeout_s=PATIENCE_S,
                tenancy=self.home.tenant(name),
            )
            for name in NAMES
        }

    def __getitem__(self, name: str) -> LlamaCppProvider:
        return self.providers[name]

    def loaded(self) -> str:
        return "".join(name for name, provider in self.providers.items() if provider.pid)

    def survey(self) -> Survey:
        return self.ledger.survey()

    def waiting(self) -> list[str]:
        """Models that wait for memory, as all processes see it."""
        return [load.model for line in self.survey().lines for load in line.account.waiting]


def needs(models: Path, name: str = "a", *, flash: bool | None = None) -> Footprint:
    return wanted_of(models / f"{name}.gguf", LoadOptions(n_ctx=N_CTX, flash=flash))[1]


def write_models(folder: Path) -> Path:
    """A file for each of `NAMES`, which says its name without an end."""
    for name in NAMES:
        write_tiny_gguf(folder / f"{name}.gguf", say=[name, "."], ring=True)
    return folder


@asynccontextmanager
async def engine(
    folder: Path,
    models: Path,
    count: float,
    *,
    keep_alive: float = FOR_EVER,
    patience_s: float = PATIENCE_S,
    workspace: str = "",
) -> AsyncIterator[Engine]:
    """An engine with room for `count` models."""
    room = int(needs(models).needs * count)
    made = Engine(folder / "memory", models, room, keep_alive=keep_alive, patience_s=patience_s, workspace=workspace)
    try:
        yield made
    finally:
        for provider in made.providers.values():
            await provider.unload()
        await made.home.close()


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
