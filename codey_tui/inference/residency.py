"""The models of one engine in memory: loaded one at a time within the ledger, leased while they work, given back when idle."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextvars import ContextVar
from pathlib import Path

from msgspec.structs import replace

from codey_tui.inference.accounts import Holding
from codey_tui.inference.footprint import Footprint
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ladder import Candidate, Room, Rung, describe, ladder, mb, refusal
from codey_tui.inference.ledger import Granted, Ledger, Refused
from codey_tui.inference.measured import Measured, name_of
from codey_tui.inference.provider import InferenceError, ModelTooLarge
from codey_tui.inference.tenancy import Entry, Leave, wanted_of

log = logging.getLogger(__name__)

FOR_EVER = -1.0
TICK_S = 1.0
"""Seconds between two looks at what should go, by default."""
LOAD_RETRY_S = 0.05
TELL_S = 1.0
"""Seconds after which it is told that another process loads a model and this one waits."""
ASK_S = 8.0
"""Seconds for which another engine's idle model is waited for; its engine looks every TICK_S."""

leased_for: ContextVar[str] = ContextVar("leased_for", default="a request")
"""What the present task works on, in words: `codey models ps` shows it beside the model that is leased for it."""


class Residency:
    """Every model of this engine. All methods belong to one asyncio loop.

    `keep_alive` says how many seconds a model of an id stays when idle (FOR_EVER: until its memory is needed). `left` hears of
    each model that went without being told to, with the reason, `killed` of each that the kernel ended, and `waits`, in a sentence, of a
    load that waits for another process, which it does for `patience_s` seconds; `others` are models that could be loaded instead of one.
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
        self._tick_s = tick_s
        self._patience_s = patience_s
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
        self._watch: asyncio.Task[None] | None = None

    def tenant(self, model: str) -> "Tenant":
        """A place for a provider's model."""
        return Tenant(self, model)

    @contextlib.asynccontextmanager
    async def loading(self) -> AsyncGenerator[None]:
        """The right to load, which one model at a time has on the whole machine."""
        async with self._load:
            right = await self._right_to_load()
            try:
                yield
            finally:
                self.ledger.book.end_load(right)

    async def _right_to_load(self) -> int:
        begun, told = time.monotonic(), False
        while (right := self.ledger.book.begin_load()) is None:
            waited = time.monotonic() - begun
            if waited > self._patience_s:
                who = await asyncio.to_thread(self._who_loads)
                raise InferenceError(
                    f"{who}, and this one has waited {self._patience_s:g} s for it. Try again when that has loaded, or end it; "
                    "generation_timeout_s says how long it is waited for."
                )
            if waited > TELL_S and not told:
                told = True
                self.waits(f"{await asyncio.to_thread(self._who_loads)}; this one loads after it.")
            await asyncio.sleep(LOAD_RETRY_S)
        return right

    def _who_loads(self) -> str:
        for account in self.ledger.book.others():
            for held in account.holdings:
                if held.loading:
                    where = f" in {account.workspace}" if account.workspace else ""
                    return f"The model {held.model} is being loaded by another {account.kind}{where} (process {account.pid})"
        return "Another process of Codey loads a model"

    async def admit(self, holding: Holding, least: int) -> Room | None:
        """Put memory aside, and let idle models go for it, the least recently used first; the room where it is too small."""
        barred: set[str] = set()
        try:
            try:
                while True:
                    verdict = await asyncio.to_thread(self.ledger.reserve, holding, tuple(barred), least=least)
                    if isinstance(verdict, Granted):
                        return None
                    if isinstance(verdict, Refused):
                        return verdict.room
                    for victim in verdict.evict:
                        if not await self._gone(victim, f"{holding.model} needs its memory"):
                            barred.add(victim.key)
            finally:
                self.ledger.ask(())
        except OSError as error:
            raise InferenceError(f"The ledger of memory cannot be used ({error}); make room on the disk.") from error

    async def _gone(self, victim: Holding, why: str) -> bool:
        """Whether an idle model has been given back, by this engine or by the one that holds it."""
        if (tenant := self._tenants.get(victim.key)) is not None:
            return await tenant.evict(why)
        if victim.key.startswith(f"{self.ledger.own_id}."):
            return True  # it went by itself meanwhile
        self.ledger.ask([victim.key])
        end = time.monotonic() + ASK_S
        while await asyncio.to_thread(self.ledger.lists, victim.key):
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
                await asyncio.wait_for(self._closing.wait(), self._tick_s)
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
        if self._watch is not None:  # not cancelled: it may be just about to end a process
            await asyncio.gather(self._watch, return_exceptions=True)
        self.ledger.close()


class Tenant:
    """A `Tenancy` of a residency, and the `Entry` of its loads."""

    def __init__(self, home: Residency, model: str) -> None:
        self._home = home
        self._model = model
        self._leases: list[str] = []
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
    async def entering(self, path: Path, options: LoadOptions, leave: Leave) -> AsyncGenerator[Entry]:
        """See `Tenancy`."""
        home = self._home
        async with home.loading():
            shape, wanted = await asyncio.to_thread(wanted_of, path, options)

            def known(found: Footprint) -> Footprint:
                return home.measured.corrected(path, options, found)

            wanted = await asyncio.to_thread(known, wanted)
            self._name, self._leave = name_of(path, options, wanted), leave
            least = home.measured.short_of(self._name)
            holding = Holding(
                key=home.ledger.new_key(),
                model=self._model,
                needs=wanted.needs,
                used=home.clock(),
                n_ctx=wanted.n_ctx,
                kv_type=wanted.kv_type,
                leases=tuple(self._leases),
            )
            try:
                room = await home.admit(holding, least)
                if room is not None:
                    within = replace(room, available=min(room.available, least)) if least else room
                    others = await asyncio.to_thread(home.others)
                    rungs = ladder(shape, wanted, within, others, n_batch=options.n_batch, known=known)
                    raise ModelTooLarge(_sentence(path.name, wanted, room, rungs, least))
                survey = await asyncio.to_thread(home.ledger.survey)
                self._offered = survey.room(without=(holding.key,)).available
                self._holding = holding
                self._note()
                yield self
            finally:
                if self._holding is None or self._holding.loading:
                    self._holding = None
                    home.went(holding.key)

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
        who = leased_for.get()
        self._leases.append(who)
        self._note()
        try:
            yield
        finally:
            self._leases.remove(who)
            self._note()

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
            leases=tuple(self._leases),
            used=now,
            until=0.0 if self._leases or stay < 0 else now + stay,
        )
        try:
            home.ledger.update(self._holding)
        except OSError as error:  # the model works on; what others see of it is old
            log.error("The ledger of memory cannot be written: %s", error)


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
