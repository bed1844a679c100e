"""A residency without processes, in which a test says what is loaded, leased and to go."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ledger import GROWTH, SOON, Ledger
from codey_tui.inference.measured import Measured
from codey_tui.inference.memory import Resident
from codey_tui.inference.residency import Residency, Tenant
from codey_tui.inference.tenancy import Leave, wanted_of
from tests.fakes.tiny_gguf import write_tiny_gguf

PROCESS = SOON - GROWTH
OPTIONS = LoadOptions(n_ctx=256)


class Place:
    """A residency with room for `count` models of `file`, in one of so many `engines`."""

    def __init__(
        self, folder: Path, count: float, patience_s: float = 300.0, *, engines: int = 1, workspace: str = ""
    ) -> None:
        self.file = write_tiny_gguf(folder / "m.gguf")
        self.needs = wanted_of(self.file, OPTIONS)[1].needs
        room = int(self.needs * count)
        self.ledger = Ledger(
            folder / "memory",
            budget=room + engines * (PROCESS + GROWTH),
            available=self.available,
            workspace=workspace,
            measure=lambda pid: Resident(rss=PROCESS if pid > 0 else 1),
        )
        self.home = Residency(self.ledger, Measured(folder / "measured.json"), patience_s=patience_s, tick_s=0.05)
        self.looks = 0
        self.told: list[str] = []
        self.waits: list[str] = []
        self.home.left = lambda model, _why: self.told.append(model)
        self.home.waits = self.waits.append

    def available(self) -> int:
        self.looks += 1
        return 1 << 40

    async def load(self, name: str, leave: Leave | None = None, options: Sequence[LoadOptions] = (OPTIONS,)) -> Tenant:
        """A model in memory; `leave` is what it does when it is to go."""
        return await self.put(self.home.tenant(name), leave, options)

    async def put(
        self, tenant: Tenant, leave: Leave | None = None, options: Sequence[LoadOptions] = (OPTIONS,)
    ) -> Tenant:
        """Load this one."""

        async def go() -> None:
            tenant.left()

        async with tenant.entering(self.file, options, leave or go) as entry:
            entry.started(-1)
            entry.loaded()
        return tenant

    def models(self) -> list[str]:
        """What is in memory, or has memory put aside, everywhere."""
        return [held.model for line in self.ledger.survey().lines for held, _ in line.models]

    def waiting(self) -> list[str]:
        """What waits for memory, everywhere."""
        return [load.model for line in self.ledger.survey().lines for load in line.account.waiting]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)
