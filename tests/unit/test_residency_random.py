"""Two engines load, lease, release and lose models in any order: the budget is never passed, a leased model never goes, the least
recently used idle one goes first, and one model loads at a time."""

import asyncio
import contextvars
import itertools
import shutil
import tempfile
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ledger import GROWTH, Ledger
from codey_tui.inference.measured import Measured
from codey_tui.inference.memory import Resident
from codey_tui.inference.provider import ModelTooLarge
from codey_tui.inference.residency import Residency, Tenant
from codey_tui.inference.tenancy import Entry, wanted_of
from codey_tui.inference.waiting import impatient
from tests.fakes.tiny_gguf import write_tiny_gguf

MIB = 1 << 20
PROCESS = 40 * MIB
BUDGET = 2 * (PROCESS + GROWTH) + 420 * MIB
CONTEXTS = (256, 65_536, 131_072)
"""With them the model needs about 60, 220 and 385 MiB."""
ENGINES, MODELS = 2, 3
INDEX = st.integers(0, ENGINES * MODELS - 1)


class Model:
    """A model of an engine as the test sees it."""

    def __init__(self, home: Residency, name: str) -> None:
        self.name = name
        self.tenant: Tenant = home.tenant(name)
        self.leases: list[AbstractContextManager[None]] = []
        self.loaded = False
        self.needs = 0
        self.used = 0.0


class Engines(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="codey-"))
        self.file = write_tiny_gguf(self.folder / "m.gguf", n_ctx=131_072, layers=8)
        self.times = itertools.count(1)
        self.now = 0.0
        self.taken: dict[int, Resident] = {}
        self.loop = asyncio.new_event_loop()
        self.homes = [self.home() for _ in range(ENGINES)]
        self.models = [Model(home, f"m{number}") for home in self.homes for number in range(MODELS)]
        self.loading: tuple[Model, AbstractAsyncContextManager[Entry], Entry] | None = None
        self.waiter: tuple[Model, asyncio.Task[None]] | None = None
        self.violations: list[str] = []

    def home(self) -> Residency:
        ledger = Ledger(
            self.folder / "memory",
            budget=BUDGET,
            available=lambda: 1 << 40,
            measure=lambda pid: self.taken.get(pid, Resident(rss=PROCESS if pid > 0 else 0)),
        )
        measured = Measured(self.folder / "measured.json")
        return Residency(ledger, measured, clock=lambda: self.now, tick_s=0.002, patience_s=60.0)

    def tick(self) -> float:
        self.now = float(next(self.times))
        return self.now

    async def leave(self, model: Model) -> None:
        """What a provider does when its model is to go."""
        # told at the end of the step: an assertion here would only end the task that looks after the models
        if not model.loaded or model.leases:
            self.violations.append(f"{model.name} was leased and was to go")
        idle = [other for other in self.models if other.loaded and not other.leases]
        if any(other.used < model.used for other in idle):
            self.violations.append(f"{model.name} was to go, and another was used less recently")
        model.loaded = False
        model.tenant.left()

    def fits(self, needs: int) -> bool:
        """What is idle makes way, so that only what is leased can be in the way."""
        held = sum(other.needs for other in self.models if other.loaded and other.leases)
        return held + needs <= BUDGET - ENGINES * (PROCESS + GROWTH)

    @precondition(lambda self: self.loading is None and self.waiter is None)
    @rule(index=INDEX, n_ctx=st.sampled_from(CONTEXTS))
    def enter_or_wait(self, index: int, n_ctx: int) -> None:
        """A load that waits for models at work, if it has to."""
        model, options = self.models[index], LoadOptions(n_ctx=n_ctx)
        if model.loaded:
            return
        model.needs = wanted_of(self.file, options)[1].needs
        # the test itself has all the leases, and who has one waits for no other
        task = self.loop.create_task(self.load(model, options), context=contextvars.Context())
        self.waiter = (model, task)
        self.settle()

    async def load(self, model: Model, options: LoadOptions) -> None:
        cm = model.tenant.entering(self.file, [options], lambda: self.leave(model))
        await self.finish(True, model, cm, await cm.__aenter__())

    async def seen(self, model: Model) -> None:
        waiting: list[str] = []
        while not waiting:
            await asyncio.sleep(0.001)
            waiting = [load.model for line in self.homes[0].ledger.survey().lines for load in line.account.waiting]
        assert waiting == [model.name]

    def settle(self) -> None:
        """What waits comes into memory as soon as it can."""
        if self.waiter is None or self.loading is not None:
            return
        model, task = self.waiter
        if self.fits(model.needs):
            self.loop.run_until_complete(asyncio.wait_for(task, 30))
            self.waiter = None
        else:  # it may be in the middle of a try that is in vain
            self.loop.run_until_complete(asyncio.wait_for(self.seen(model), 30))

    @precondition(lambda self: self.loading is None)
    @rule(index=INDEX, n_ctx=st.sampled_from(CONTEXTS))
    def enter(self, index: int, n_ctx: int) -> None:
        model = self.models[index]
        if model.loaded or (self.waiter is not None and self.waiter[0] is model):
            return
        options = LoadOptions(n_ctx=n_ctx)
        needs = wanted_of(self.file, options)[1].needs
        fits = self.fits(needs)
        cm = model.tenant.entering(self.file, [options], lambda: self.leave(model))
        model.used = self.tick()
        try:
            with impatient(0):
                entry = self.loop.run_until_complete(asyncio.wait_for(cm.__aenter__(), 30))
        except ModelTooLarge:
            assert not fits
            self.settle()
            return
        assert fits
        model.needs = needs
        self.loading = (model, cm, entry)

    @precondition(lambda self: self.loading is not None)
    @rule(works=st.booleans())
    def end_load(self, works: bool) -> None:
        assert self.loading is not None
        self.loop.run_until_complete(self.finish(works, *self.loading))
        self.loading = None
        self.settle()

    async def finish(self, works: bool, model: Model, cm: AbstractAsyncContextManager[Entry], entry: Entry) -> None:
        if works:
            pid = -1 - len(self.taken)
            self.taken[pid] = Resident(rss=model.needs, anonymous=model.needs)
            entry.started(pid)
            model.used = self.tick()
            entry.loaded()
            model.loaded = True
        await cm.__aexit__(None, None, None)

    @rule(index=INDEX)
    def lease(self, index: int) -> None:
        model = self.models[index]
        if model.loaded:
            model.leases.append(model.tenant.lease())
            model.used = self.tick()
            model.leases[-1].__enter__()

    @rule(index=INDEX)
    def release(self, index: int) -> None:
        model = self.models[index]
        if model.leases:
            model.used = self.tick()
            model.leases.pop().__exit__(None, None, None)
            self.settle()

    @precondition(lambda self: any(model.loaded for model in self.models))
    @rule(number=st.integers(0, 5), n_ctx=st.sampled_from(CONTEXTS))
    def lease_what_is_loaded_and_enter(self, number: int, n_ctx: int) -> None:
        """What random steps seldom come to: a load while models are at work."""
        loaded = [index for index, model in enumerate(self.models) if model.loaded]
        self.lease(loaded[number % len(loaded)])
        if self.loading is None:
            self.enter(number, n_ctx)

    @rule(index=INDEX)
    def unload(self, index: int) -> None:
        model = self.models[index]
        if model.loaded and not model.leases:
            model.loaded = False
            model.tenant.left()
            self.settle()

    @invariant()
    def nothing_went_that_should_not(self) -> None:
        assert self.violations == []

    @invariant()
    def the_budget_holds(self) -> None:
        for home in self.homes:
            survey = home.ledger.survey()
            assert survey.used <= BUDGET
            listed = {holding.key for line in survey.lines for holding in line.account.holdings}
            assert len(listed) == sum(model.loaded for model in self.models) + (self.loading is not None)

    @invariant()
    def one_model_loads_at_a_time(self) -> None:
        rights = [home.ledger.book.begin_load() for home in self.homes[:1]]
        assert (rights == [None]) == (self.loading is not None)
        for right in rights:
            if right is not None:
                self.homes[0].ledger.book.end_load(right)

    def teardown(self) -> None:
        if self.waiter is not None:
            self.waiter[1].cancel()
            self.loop.run_until_complete(asyncio.wait([self.waiter[1]]))
            assert self.waiter[1].cancelled()
            self.waiter = None
            assert not any(line.account.waiting for line in self.homes[0].ledger.survey().lines)
        if self.loading is not None:
            self.end_load(works=False)
        for model in self.models:
            while model.leases:
                model.leases.pop().__exit__(None, None, None)
        for home in self.homes:
            self.loop.run_until_complete(home.close())
        self.loop.close()
        shutil.rmtree(self.folder)


class TestEngines(Engines.TestCase):
    settings = settings(
        max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
