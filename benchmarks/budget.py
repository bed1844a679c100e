"""Random requests to three models within a budget: `python -m benchmarks.budget --minutes 10` or `--budget-mb N`.

The memory of this process and all below it is sampled all the time, as RSS: a page that processes share counts for each of them, so
the sum is never below what the tree really takes, and reading it costs microseconds, where PSS walks every page table and would slow down
what is measured. The models have the shape of real ones and weights of zeros. Exits 1 when a budget was passed, when a model
went while it worked, or when another than the least recently used one went.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ledger import GROWTH, Ledger
from codey_tui.inference.measured import Measured
from codey_tui.inference.provider import ChatTurn, GenerateRequest, ModelTooLarge
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.residency import Residency
from codey_tui.inference.tenancy import wanted_of
from codey_tui.telemetry import processes
from codey_tui.telemetry.machine import available_memory

MIB = 1 << 20
BUDGETS_MB = (300, 600, 1200, 2400, 4800, 8192)
NAMES = ("tiny", "gemma3-270m", "qwen2-0.5b", "qwen2-1.5b", "qwen2-3b", "qwen2-7b")
CLIENTS = 2
SAMPLE_S = 0.02
KEEP_ALIVE_S = 5.0
# In a process of its own: what writes models is large, and would count.
_WRITE = """
import sys
from pathlib import Path
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.tiny_gguf import write_tiny_gguf
for name in sys.argv[2:]:
    path = Path(sys.argv[1], f"{name}.gguf")
    write_tiny_gguf(path, n_ctx=4096, layers=8) if name == "tiny" else write_shape_gguf(path, SHAPES[name])
"""


@dataclass
class Outcome:
    """What happened within one budget; sizes in bytes."""

    budget: int
    names: list[str]
    peak: int = 0
    samples: int = 0
    requests: int = 0
    loads: int = 0
    evictions: int = 0
    refusals: int = 0
    wrong: list[str] = field(default_factory=list[str])

    @property
    def passed(self) -> bool:
        """Whether the budget, or a rule, was broken."""
        return self.peak > self.budget or bool(self.wrong)


class Sampler(threading.Thread):
    """The most that this process and all below it ever took."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(name="sampler", daemon=True)
        self._outcome = outcome
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(SAMPLE_S):
            self._outcome.peak = max(self._outcome.peak, processes.tree_rss(os.getpid()))
            self._outcome.samples += 1


class Watched(LlamaCppProvider):
    """A provider that notes when it works, and is looked at when it is sent away."""

    def watch(self, others: "list[Watched]", outcome: Outcome) -> None:
        """Say which models there are."""
        self.working = 0
        self.used = 0.0
        self._others = others
        self._outcome = outcome
        self.ending = False

    async def unload(self) -> None:
        if self.pid and not self.ending:
            self._outcome.evictions += 1
            if self.working:
                self._outcome.wrong.append(f"{self.model} went while it worked")
            idle = [other for other in self._others if other.pid and not other.working and other.used < self.used]
            if idle and time.time() < self.used + KEEP_ALIVE_S:
                self._outcome.wrong.append(f"{self.model} went before {idle[0].model}")
        await super().unload()

    async def answer(self, request: GenerateRequest) -> None:
        """One request to its end."""
        self.working += 1
        before = self.pid
        try:
            async for _ in self.generate(request):
                pass
        finally:
            self.working -= 1
            self.used = time.time()
            self._outcome.loads += self.pid != before


async def client(models: list[Watched], outcome: Outcome, seed: int) -> None:
    """Ask one model after the other at random; whoever asks for too much is refused and goes on."""
    drawn = random.Random(seed)  # noqa: S311 - a repeatable script
    while True:
        model = drawn.choice(models)
        text = "a" * drawn.choice((5, 60, 300))
        request = GenerateRequest(
            messages=(ChatTurn(role="user", text=text),), max_tokens=drawn.randint(1, 8), temperature=1.0
        )
        outcome.requests += 1
        try:
            await model.answer(request)
        except ModelTooLarge:
            outcome.refusals += 1
        await asyncio.sleep(drawn.choice((0.0, 0.05, 0.5)))


async def run(budget: int, folder: Path, seconds: float, seed: int) -> Outcome:
    """Random requests within one budget, in bytes."""
    names = choose(budget, folder)
    outcome = Outcome(budget, names)
    ledger = Ledger(folder / f"ledger-{budget}", budget=budget, available=available_memory)
    residency = Residency(ledger, Measured(folder / "measured.json"), keep_alive=lambda _model: KEEP_ALIVE_S)
    models: list[Watched] = []
    for name in names:
        models.append(
            Watched(name, folder / f"{name}.gguf", n_ctx=2048, nice=0, tenancy=residency.tenant(name), n_threads=2)
        )
        models[-1].watch(models, outcome)
    sampler = Sampler(outcome)
    sampler.start()
    try:
        # what is under way at the end is cancelled, as a person might
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(client(models, outcome, seed + number) for number in range(CLIENTS)))
    finally:
        for model in models:
            model.ending = True
            await model.unload()
        sampler.over.set()
        sampler.join()
        await residency.close()
    return outcome


def choose(budget: int, folder: Path) -> list[str]:
    """Three models of neighbouring sizes, of which the budget holds the largest alone, and not all together."""
    room = budget - processes.rss(os.getpid()) - GROWTH
    sizes = {name: wanted_of(folder / f"{name}.gguf", LoadOptions(n_ctx=2048))[1].needs for name in NAMES}
    fitting = [number for number, name in enumerate(NAMES) if sizes[name] <= room]
    last = max(2, fitting[-1] if fitting else 0)
    return list(NAMES[last - 2 : last + 1])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for all budgets together")
    parser.add_argument(
        "--budget-mb", type=int, action="append", help="MiB; by default 300 to 8192, one after the other"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    budgets = given.budget_mb or BUDGETS_MB
    folder = Path(tempfile.mkdtemp(prefix="codey-budget-"))
    bad = False
    try:
        subprocess.run([sys.executable, "-c", _WRITE, str(folder), *NAMES], check=True)
        print(f"{'budget':>8} {'peak':>8} {'share':>6} {'asked':>6} {'loads':>6} {'gone':>5} {'refused':>7}  models")
        for budget in budgets:
            found = asyncio.run(run(budget * MIB, folder, given.minutes * 60 / len(budgets), given.seed))
            bad |= found.passed
            print(
                f"{budget:>6} M {found.peak / MIB:>6,.0f} M {found.peak / found.budget:>6.1%} {found.requests:>6} "
                f"{found.loads:>6} {found.evictions:>5} {found.refusals:>7}  {', '.join(found.names)}"
                f"{'  PASSED THE BUDGET' if found.peak > found.budget else ''}",
                flush=True,
            )
            for sentence in found.wrong:
                print(f"         {sentence}")
    finally:
        shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
