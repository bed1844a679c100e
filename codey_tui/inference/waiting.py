"""What a load waits for: the right to load, which one model at a time has on the machine, and the memory of models at work."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextvars import ContextVar

from codey_tui.inference.accounts import Holding, Waiting
from codey_tui.inference.ledger import AtWork, Ledger
from codey_tui.inference.provider import InferenceError

log = logging.getLogger(__name__)

LOAD_RETRY_S = 0.05
TELL_S = 1.0
"""Seconds after which it is told that a load waits, and for whom."""

_patience: ContextVar[float] = ContextVar("patience", default=math.inf)


@contextlib.contextmanager
def impatient(seconds: float) -> Generator[None]:
    """Loads of the present task wait no longer than this for models at work; with 0 they are refused at once."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


class Lease:
    """A request is at work with a model, for `who`, until it has `ended`."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.ended = False


_leases: ContextVar[tuple[Lease, ...]] = ContextVar("leases", default=())


@contextlib.contextmanager
def leasing(lease: Lease) -> Generator[None]:
    """The length of a lease, which the present task and all that it starts know of."""
    _leases.set((*_going_on(), lease))
    try:
        yield
    finally:
        lease.ended = True  # not reset: a generator may be closed by another task than the one that began it
        _leases.set(_going_on())


def _going_on() -> tuple[Lease, ...]:
    return tuple(lease for lease in _leases.get() if not lease.ended)


class Bell:
    """Wakes all who wait for it whenever it rings."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def ring(self) -> None:
        """Some work has ended, or somebody need not wait any more."""
        self.next.set()
        self.next = asyncio.Event()


class MemoryWait:
    """The wait of one load for models at work, over all its tries; at most `patience_s` seconds, or what the task has. `look_s`
    seconds are between two looks at what other engines' models do; the end of work in this one rings the `bell`."""

    def __init__(
        self, ledger: Ledger, bell: Bell, patience_s: float, look_s: float, tell: Callable[[str], object]
    ) -> None:
        self._ledger = ledger
        self._bell = bell
        self._patience_s = patience_s
        self._limit = min(patience_s, _patience.get())
        self._look_s = look_s
        self._tell = tell
        self._begun = 0.0
        self._told = False

    def allowed(self, own: Collection[Lease]) -> bool:
        """Whether the present task may wait. One that is itself at work with another model than the one it loads, which has the
        `own` leases, may not: somebody could be waiting for that one's end."""
        return self._limit > 0 and all(lease in own for lease in _going_on())

    async def another_try(
        self,
        wanted: Sequence[tuple[Holding, int]],
        awaits: Sequence[AtWork],
        silent: Collection[str],
        still_wanted: Callable[[], None],
    ) -> bool:
        """Wait until another try at one of these loads (see `Ledger.in_the_way`) is worth it; False where there is no patience left.
        `still_wanted` raises whatever ends the wait."""
        holding = wanted[0][0]
        look = not self._begun  # a try that was in vain is not repeated before something may have changed
        self._begun = self._begun or time.monotonic()
        try:
            while (waited := time.monotonic() - self._begun) < self._limit:
                heard = self._bell.next
                still_wanted()
                self._show(holding, said(awaits))
                if waited > TELL_S and not self._told:
                    self._told = True
                    self._tell(f"{holding.model} waits for the memory of {said(awaits)}.")
                if look and not (awaits := await asyncio.to_thread(self._ledger.in_the_way, wanted, silent)):
                    return True
                look = True
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), min(self._look_s, self._limit - waited))
            return False
        finally:
            self._show(holding, "")

    def sentence(self, model: str, awaits: Sequence[AtWork], refusal: str) -> str:
        """Why a load is refused that would fit without models at work."""
        if not self._begun:
            return f"{refusal} It would fit without {said(awaits)}."
        setting = " generation_timeout_s says how long it waits." if self._limit == self._patience_s else ""
        return f"{model} has waited {self._limit:g} s for the memory of {said(awaits)}. Try again when that is done.{setting} {refusal}"

    def _show(self, holding: Holding, awaits: str) -> None:
        """Let `codey models ps` know."""
        try:
            if awaits:
                self._ledger.wait(
                    Waiting(
                        key=holding.key,
                        model=holding.model,
                        needs=holding.needs,
                        n_ctx=holding.n_ctx,
                        kv_type=holding.kv_type,
                        awaits=awaits,
                    )
                )
            else:
                self._ledger.waits_no_longer(holding.key)
        except OSError as error:  # it waits all the same; others do not see it
            log.error("The ledger of memory cannot be written: %s", error)


def said(awaits: Sequence[AtWork]) -> str:
    """Models at work, in words."""
    return ", and ".join(work.said for work in awaits)


async def right_to_load(ledger: Ledger, patience_s: float, tell: Callable[[str], object]) -> int:
    """Wait for the right to load, for at most `patience_s` seconds; told is which other process has it. Raises InferenceError."""
    begun, told = time.monotonic(), False
    while (right := ledger.book.begin_load()) is None:
        waited = time.monotonic() - begun
        if waited > patience_s:
            who = await asyncio.to_thread(_who_loads, ledger)
            raise InferenceError(
                f"{who}, and this one has waited {patience_s:g} s for it. Try again when that has loaded, or end it; "
                "generation_timeout_s says how long it is waited for."
            )
        if waited > TELL_S and not told:
            told = True
            tell(f"{await asyncio.to_thread(_who_loads, ledger)}; this one loads after it.")
        await asyncio.sleep(LOAD_RETRY_S)
    return right


def _who_loads(ledger: Ledger) -> str:
    for account in ledger.book.others():
        for held in account.holdings:
            if held.loading:
                where = f" in {account.workspace}" if account.workspace else ""
                return (
                    f"The model {held.model} is being loaded by another {account.kind}{where} (process {account.pid})"
                )
    return "Another process of Codey loads a model"
