"""The models of one engine in memory: loaded one at a time within the ledger, leased while they work, given back when idle."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextvars import ContextVar
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui.inference.accounts import Holding
from codey_tui.inference.footprint import Footprint, forecast
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Candidate, Room, Rung, describe, ladder, mb, refusal
from codey_tui.inference.ledger import Granted, Ledger, Refused
from codey_tui.inference.measured import Measured, name_of
from codey_tui.inference.provider import InferenceError, MemoryAtWork, ModelTooLarge, NotReady
from codey_tui.inference.shape import ModelShape, shape_of
from codey_tui.inference.tenancy import Entry, Leave
from codey_tui.inference.waiting import LOAD_RETRY_S, Bell, Lease, MemoryWait, leasing, right_to_load

log = logging.getLogger(__name__)

FOR_EVER = -1.0
TICK_S = 1.0
"""Seconds between two looks at what should go, by default."""
ASK_S = 8.0
"""Seconds for which another engine's idle model is waited for; its engine looks every TICK_S."""
GOING_S = 2.0
"""Seconds for which one is waited for that is leased again, since its engine may be just ending it."""

leased_for: ContextVar[str] = ContextVar("leased_for", default="a request")
"""What the present task works on, in words: `codey models ps` shows it beside the model that is leased for it."""


class Residency:
    """Every model of this engine. All methods belong to one asyncio loop.

    `keep_alive` says how many seconds a model of an id stays when idle (FOR_EVER: until its memory is needed). `left` hears of
    each model that went without being told to, with the reason, `killed` of each that the kernel ended, and `waits`, in a sentence, of a
    load that waits for another process, or for a model at work, which it does for `patience_s` seconds; `others` are models that could
    be loaded instead of one.
    """

    def __init__(
        self,
        ledger: Ledger,
        measured: Measured,
        *,
        keep_alive: Callable[[str], float] = lambda _model: FOR_EVER,
        others: Callable[[], Sequence[Candidate]] = tuple,
        clock: Callable[[], float] = time.time,
        tick_s: float = TICK_S,
        patience_s: float = 300.0,
    ) -> None:
        self.tick_s = tick_s
        self.patience_s = patience_s
        self.ledger = ledger
        self.measured = measured
        self.keep_alive = keep_alive
        self.others = others
        self.clock = clock
        self.left: Callable[[str, str], None] = lambda model, why: log.info("%s was given back: %s.", model, why)
        self.killed: Callable[[str], None] = lambda model: log.warning("%s was ended by the kernel.", model)
        self.waits: Callable[[str], object] = log.info
        self._tenants: dict[str, Tenant] = {}
        self._load = asyncio.Lock()
        self._closing = asyncio.Event()
        self.bell = Bell()
        self._watch: asyncio.Task[None] | None = None

    def tenant(self, model: str) -> "Tenant":
        """A place for a provider's model."""
        return Tenant(self, model)

    @contextlib.asynccontextmanager
    async def loading(self) -> AsyncGenerator[None]:
        """The right to load, which one model at a time has on the whole machine."""
        async with self._load:
            right = await right_to_load(self.ledger, self.patience_s, self.waits)
            try:
                yield
            finally:
                self.ledger.book.end_load(right)

    @property
    def closing(self) -> bool:
        """Whether nothing more is to be loaded."""
        return self._closing.is_set()

    async def admit(self, holding: Holding, least: int, silent: set[str]) -> Refused | None:
        """Put memory aside, and let idle models go for it, the least recently used first; None where that worked. Those that were
        asked of another engine in vain are added to the `silent`, which are not asked again."""
        barred = set(silent)
        try:
            try:
                while True:
                    verdict = await asyncio.to_thread(self.ledger.reserve, holding, tuple(barred), least=least)
                    if isinstance(verdict, Granted):
                        return None
                    if isinstance(verdict, Refused):
                        return verdict
                    for victim in verdict.evict:
                        if not await self._gone(victim, f"{holding.model} needs its memory", silent):
                            barred.add(victim.key)
            finally:
                self.ledger.ask(())
        except OSError as error:
            raise InferenceError(f"The ledger of memory cannot be used ({error}); make room on the disk.") from error

    async def _gone(self, victim: Holding, why: str, silent: set[str]) -> bool:
        """Whether an idle model has been given back, by this engine or by the one that holds it."""
        if (tenant := self._tenants.get(victim.key)) is not None:
            return await tenant.evict(why)
        if victim.key.startswith(f"{self.ledger.own_id}."):
            return True  # it went by itself meanwhile
        self.ledger.ask([victim.key])
        asked = time.monotonic()
        end = asked + ASK_S
        while (held := await asyncio.to_thread(self.ledger.held, victim.key)) is not None:
            if held.leases:  # it was needed meanwhile, and nobody holds up all other loads until that is over
                end = min(end, asked + GOING_S)
            elif time.monotonic() > end:
                silent.add(victim.key)
            if time.monotonic() > end:
                return False
            await asyncio.sleep(LOAD_RETRY_S)
        return True

    def came(self, tenant: "Tenant", key: str) -> None:
        """A model is in memory: from now on it is looked after."""
        self._tenants[key] = tenant
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_after())

    def went(self, key: str) -> None:
        """A model is gone."""
        self._tenants.pop(key, None)
        try:
            self.ledger.drop(key)
        except OSError as error:  # the next word to the ledger leaves it out as well
            log.error("The ledger of memory cannot be written: %s", error)

    async def _look_after(self) -> None:
        """Give back what has been idle for long enough, what others ask for, and what has come to be too much."""
        while self._tenants:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self.tick_s)
            if self._closing.is_set():
                return
            try:
                due = await asyncio.to_thread(self.ledger.due)
                for tenant in list(self._tenants.values()):
                    if tenant.expired:
                        await tenant.evict("nobody needed it for a while")
                for key in due:
                    if (tenant := self._tenants.get(key)) is not None:
                        await tenant.evict("its memory is needed")
            except OSError:
                log.exception("The ledger of memory could not be read; the next look may fare better.")

    async def close(self) -> None:
        """Stop looking after models, which have been unloaded, and close the account."""
        self._closing.set()
        self.bell.ring()
        if self._watch is not None:  # not cancelled: it may be just about to end a process
            await asyncio.gather(self._watch, return_exceptions=True)
        self.ledger.close()


class Tenant:
    """A `Tenancy` of a residency, and the `Entry` of its loads."""

    def __init__(self, home: Residency, model: str) -> None:
        self._home = home
        self._model = model
        self.options = LoadOptions()
        self._leases: list[Lease] = []
        self._given_up = False
        self._holding: Holding | None = None
        self._name = ""
        self._offered = 0
        self._going: asyncio.Task[None] | None = None
        self._leave: Leave = _stay

    @property
    def expired(self) -> bool:
        """Whether it has been idle for longer than it may."""
        held = self._holding
        return held is not None and held.idle and 0 < held.until <= self._home.clock()

    @contextlib.asynccontextmanager
    async def entering(self, path: Path, choices: Sequence[LoadOptions], leave: Leave) -> AsyncGenerator[Entry]:
        """See `Tenancy`."""
        home, key, silent = self._home, self._home.ledger.new_key(), set[str]()
        self._given_up = False
        self._leave = leave
        wait = MemoryWait(home.ledger, home.bell, home.patience_s, home.tick_s / 2, home.waits)
        shape = await asyncio.to_thread(lambda: shape_of(inspect(path)))
        while True:
            async with home.loading():
                self._still_wanted()
                claims = [await asyncio.to_thread(self._claim, key, path, shape, options) for options in choices]
                refused: list[Refused] = []
                for claim in claims:
                    try:
                        if (refusal := await home.admit(claim.holding, claim.least, silent)) is not None:
                            refused.append(refusal)
                            continue
                        await self._take(claim)
                        yield self
                        return
                    finally:
                        if self._holding is None or self._holding.loading:
                            self._holding = None
                            home.went(key)
            awaits = next((refusal.awaits for refusal in refused if refusal.awaits), ())
            wanted = [(claim.holding, claim.least) for claim in claims]
            if not (
                awaits
                and wait.allowed(self._leases)
                and await wait.another_try(wanted, awaits, silent, self._still_wanted)
            ):
                sentence = await asyncio.to_thread(self._refusal, path, shape, claims[-1], refused[-1].room)
                if awaits:
                    raise MemoryAtWork(wait.sentence(self._model, awaits, sentence))
                raise ModelTooLarge(sentence)

    def _still_wanted(self) -> None:
        if self._given_up or self._home.closing:
            raise NotReady(f"{self._model} was unloaded before it was read.")

    def _claim(self, key: str, path: Path, shape: ModelShape, options: LoadOptions) -> "_Claim":
        """What a load with these options would take."""
        home = self._home
        found = forecast(shape, options.n_ctx, n_batch=options.n_batch, kv_type=options.kv_type, flash=options.flash)
        wanted = home.measured.corrected(path, options, found)
        name = name_of(path, options, wanted)
        holding = Holding(
            key=key,
            model=self._model,
            needs=wanted.needs,
            used=home.clock(),
            n_ctx=wanted.n_ctx,
            kv_type=wanted.kv_type,
            leases=tuple(lease.who for lease in self._leases),
        )
        return _Claim(options, wanted, name, home.measured.short_of(name), holding)

    async def _take(self, claim: "_Claim") -> None:
        """The memory has been put aside."""
        survey = await asyncio.to_thread(self._home.ledger.survey)
        self._offered = survey.room(without=(claim.holding.key,)).available
        self.options, self._name, self._holding = claim.options, claim.name, claim.holding
        self._note()

    def _refusal(self, path: Path, shape: ModelShape, claim: "_Claim", room: Room) -> str:
        """Why it is not loaded, and what would fit; blocks."""
        least, home = claim.least, self._home

        def known(found: Footprint) -> Footprint:
            return home.measured.corrected(path, claim.options, found)

        within = replace(room, available=min(room.available, least)) if least else room
        rungs = ladder(shape, claim.wanted, within, home.others(), n_batch=claim.options.n_batch, known=known)
        return _sentence(path.name, claim.wanted, room, rungs, least)

    def give_up(self) -> None:
        """See `Tenancy`."""
        self._given_up = True
        self._home.bell.ring()

    def started(self, pid: int) -> None:
        """See `Entry`."""
        self._note(pid=pid)

    def loaded(self) -> None:
        """See `Entry`."""
        self._note(loading=False)
        if self._holding is not None:
            self._home.came(self, self._holding.key)

    @contextlib.contextmanager
    def lease(self) -> Generator[None]:
        """See `Tenancy`."""
        lease = Lease(leased_for.get())
        with leasing(lease):
            self._leases.append(lease)
            self._note()
            try:
                yield
            finally:
                self._leases.remove(lease)
                self._note()
                self._home.bell.ring()

    async def peaked(self, rss: int) -> None:
        """See `Tenancy`."""
        held = self._holding
        if held is None:
            return
        await asyncio.to_thread(self._home.measured.note_peak, self._name, rss)
        if rss > held.needs:
            self._note(needs=rss)

    def killed(self, rss: int) -> None:
        """See `Tenancy`."""
        self._home.measured.note_kill(self._name, self._offered, rss)
        self._home.killed(self._model)

    def left(self) -> None:
        """See `Tenancy`."""
        held, self._holding = self._holding, None
        if held is not None:
            self._home.went(held.key)

    async def evict(self, why: str) -> bool:
        """Give the memory back, unless it is leased; whether it is gone. Who comes while it goes waits for that."""
        if self._going is None or self._going.done():
            if self._holding is None or not self._holding.idle:
                return self._holding is None
            self._going = asyncio.create_task(self._go(why))
        await asyncio.shield(self._going)
        return self._holding is None

    async def _go(self, why: str) -> None:
        await self._leave()
        self._home.left(self._model, why)

    def _note(self, *, needs: int = 0, pid: int = 0, loading: bool | None = None) -> None:
        """Write down how things are."""
        held, home = self._holding, self._home
        if held is None:
            return
        now, stay = home.clock(), home.keep_alive(self._model)
        self._holding = replace(
            held,
            needs=needs or held.needs,
            pid=pid or held.pid,
            loading=held.loading if loading is None else loading,
            leases=tuple(lease.who for lease in self._leases),
            used=now,
            until=0.0 if self._leases or stay < 0 else now + stay,
        )
        try:
            home.ledger.update(self._holding)
        except OSError as error:  # the model works on; what others see of it is old
            log.error("The ledger of memory cannot be written: %s", error)


class _Claim(msgspec.Struct, frozen=True):
    """One way to load a model: `least` bytes available did not suffice for it once before."""

    options: LoadOptions
    wanted: Footprint
    name: str
    least: int
    holding: Holding


async def _stay() -> None:
    """What a model does that was never loaded."""


def _sentence(name: str, wanted: Footprint, room: Room, rungs: Sequence[Rung], least: int) -> str:
    """Why it is not loaded; what was killed for want of memory says so."""
    if not least or not room.holds(wanted.needs):
        return refusal(name, wanted, room, rungs)
    said = (
        f"{name} with a context of {wanted.n_ctx:,} tokens was ended by the kernel a short while ago for want of memory, with "
        f"{mb(least)} available, and there are only {mb(room.available)} now."
    )
    return f"{said} What fits: {'; '.join(describe(rung) for rung in rungs)}." if rungs else said
