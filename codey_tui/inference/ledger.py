"""The ledger: one account of all memory that Codey takes, of every engine, screen, container and model of one data folder.

Memory is counted as RSS: pages that processes share count for each of them, so that what keeps the budget by RSS keeps it by
any other measure too, and it is read in microseconds where PSS has the kernel walk every page table.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui.inference.accounts import Account, AccountBook, Holding, Kind, Waiting
from codey_tui.inference.ladder import Room
from codey_tui.inference.memory import Resident, resident_of

GROWTH = 24 << 20
"""Bytes by which an engine or a screen may grow after it was measured; measured over a day's work with both."""
SOON = 112 << 20
"""Bytes put aside for an engine and a screen where neither runs yet."""

_MUCH = 8 << 20

Measure = Callable[[int], Resident]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An account, measured: `rss` of its process, and `models` with what each of its models takes now."""

    account: Account
    rss: int
    models: tuple[tuple[Holding, Resident], ...]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts at one moment; the ledger's own first."""

    lines: tuple[Line, ...]
    budget: int
    available: int

    @property
    def processes(self) -> int:
        """Bytes of engines, screens, containers and commands, with room to grow."""
        return sum(line.rss + line.account.beside + GROWTH for line in self.lines)

    @property
    def used(self) -> int:
        """Bytes that count against the budget: what was put aside for a model, or what it takes where that is more."""
        return self.processes + sum(_counted(*model) for line in self.lines for model in line.models)

    @property
    def resident(self) -> int:
        """Bytes that are in memory now, without what is put aside."""
        models = sum(found.rss for line in self.lines for _, found in line.models)
        return models + sum(line.rss + line.account.beside for line in self.lines)

    @property
    def soon(self) -> int:
        """Bytes of processes that there will be at least: a screen may yet come to an engine that has none."""
        return 0 if any(line.account.kind == "screen" for line in self.lines) else SOON

    def room(self, *, without: Collection[str] = (), soon: int = 0) -> Room:
        """What one more model may take if those of these keys were gone; `soon` bytes of processes will come at least."""
        models = [model for line in self.lines for model in line.models if model[0].key not in without]
        processes = max(self.processes, soon)
        counted = processes + sum(_counted(*model) for model in models)
        gone = [model for line in self.lines for model in line.models if model[0].key in without]
        # The system counts pages of a mapped file as available although a model that works needs them.
        mapped = sum(_counted(*model) - model[1].anonymous for model in models)
        growth = max(GROWTH * len(self.lines), soon - self.processes)
        freed = sum(found.anonymous for _, found in gone)
        available = max(1, self.available + freed - mapped - growth) if self.available else 0
        budget = max(1, self.budget - counted) if self.budget else 0
        return Room(budget=budget, available=available, taken=min(counted, self.budget))

    def idle(self) -> list[Holding]:
        """Models that could be given back, the least recently used first."""
        found = [holding for line in self.lines for holding, _ in line.models if holding.idle]
        return sorted(found, key=_last_used)

    def at_work(self, own: str) -> "list[AtWork]":
        """Models that nobody may send away now, what has been at work for longest first; `own` is the account that asks."""
        found = [
            AtWork(held, "" if line.account.id == own else line.account.workspace, line.account.pid)
            for line in self.lines
            for held, _ in line.models
            if not held.idle
        ]
        return sorted(found, key=lambda work: _last_used(work.holding))


class AtWork(msgspec.Struct, frozen=True):
    """A model that works or is being loaded, in the engine of the process `pid`; `workspace` is empty for the engine that asks."""

    holding: Holding
    workspace: str
    pid: int

    @property
    def said(self) -> str:
        """Which one it is, for what it works and where."""
        where = f" in {self.workspace} (process {self.pid})" if self.workspace else ""
        leases = ", ".join(dict.fromkeys(self.holding.leases))
        return f"{self.holding.model}, {f'at work for {leases}' if leases else 'being loaded'}{where}"


class Granted(msgspec.Struct, frozen=True):
    """The memory is put aside."""


class Short(msgspec.Struct, frozen=True):
    """It would fit once these idle models were gone; the least recently used first."""

    evict: tuple[Holding, ...]


class Refused(msgspec.Struct, frozen=True):
    """It does not fit, not even with all idle models gone; `room` is what there would be. It would fit without the models of
    `awaits` as well, which are at work; empty where it does not fit even without all of those."""

    room: Room
    awaits: tuple[AtWork, ...] = ()


Verdict = Granted | Short | Refused


def verdict(survey: Survey, holding: Holding, barred: Collection[str] = (), *, least: int = 0) -> Verdict:
    """Whether there is memory for a model, as `Ledger.reserve` says it."""
    gone = [holding.key]

    def fits(*more: str) -> bool:
        room = survey.room(without=(*gone, *more), soon=survey.soon)
        return room.holds(holding.needs) and (not room.available or room.available > least)

    if fits():
        return Granted()
    victims: list[Holding] = []
    for victim in survey.idle():
        if victim.key in barred or victim.key == holding.key:
            continue
        victims.append(victim)
        gone.append(victim.key)
        if fits():
            return Short(tuple(victims))
    room = survey.room(without=gone, soon=survey.soon)
    working = survey.at_work(own=holding.key.rpartition(".")[0])
    # one whose end alone suffices is named before several
    for some in (*((work,) for work in working), *(tuple(working[:count]) for count in range(2, len(working) + 1))):
        if fits(*(work.holding.key for work in some)):
            return Refused(room, some)
    return Refused(room)


class Ledger:
    """A process's view of the accounts in `folder`. `budget` bytes for all together (0: no limit); `available` says what the
    machine has left, `beside` what this process's commands and containers take, its models' processes left out. Any thread may
    call."""

    def __init__(
        self,
        folder: Path,
        *,
        budget: int,
        available: Callable[[], int],
        kind: Kind | None = "engine",
        workspace: str = "",
        beside: Callable[[Collection[int]], int] = lambda _models: 0,
        measure: Measure = resident_of,
    ) -> None:
        self.book = AccountBook(folder, kind, workspace)
        self.budget = budget
        self._available = available
        self._beside = beside
        self._measure = measure
        self._lock = threading.RLock()
        self._count = 0

    @property
    def own_id(self) -> str:
        """What the keys of this process's models begin with, before a dot."""
        return self._own.id

    def new_key(self) -> str:
        """A key that no other model has."""
        with self._lock:
            self._count += 1
            return f"{self.own_id}.{self._count}"

    def survey(self) -> Survey:
        """Everything, measured now."""
        with self._lock:
            own = [replace(self._own, beside=self._beside_models())] if self.book.own else []
            lines = tuple(self._line(account) for account in (*own, *self.book.others()))
        return Survey(lines=lines, budget=self.budget, available=self._available())

    def reserve(self, holding: Holding, barred: Collection[str] = (), *, least: int = 0) -> Verdict:
        """Put memory aside for a model; one of the same key makes way for it. Idle models of the `barred` keys are not offered.

        `least` bytes were available on the machine once before, and did not suffice: then there have to be more.
        """
        with self._lock, self.book.locked():
            self.book.sweep()
            found = verdict(self.survey(), holding, barred, least=least)
            if isinstance(found, Granted):
                self._write(holding, self._beside_models())
            return found

    def in_the_way(self, wanted: Sequence[tuple[Holding, int]], barred: Collection[str] = ()) -> tuple[AtWork, ...]:
        """Models at work for whose end there is nothing to do but to wait; none where another try at one of the loads, each with
        what did not suffice once before, might turn out otherwise by now."""
        survey = self.survey()
        found = [verdict(survey, holding, barred, least=least) for holding, least in wanted]
        refused = [refusal for refusal in found if isinstance(refusal, Refused)]
        return next((refusal.awaits for refusal in refused if refusal.awaits), ()) if len(refused) == len(found) else ()

    def wait(self, waiting: Waiting) -> None:
        """Let others see that a load of this process waits, until it waits no longer."""
        with self._lock:
            if self.book.own is not None and waiting not in self._own.waiting:
                self.book.write(replace(self._own, waiting=(*self._not_waiting(waiting.key), waiting)))

    def waits_no_longer(self, key: str) -> None:
        """The load goes on, or has been given up."""
        with self._lock:
            if self.book.own is not None and self._own.waiting != (left := self._not_waiting(key)):
                self.book.write(replace(self._own, waiting=left))

    def update(self, holding: Holding) -> None:
        """Say what has become of one of the process's models."""
        with self._lock:
            if self.book.own is not None and any(held.key == holding.key for held in self._own.holdings):
                self._write(holding, self._own.beside)

    def drop(self, key: str) -> None:
        """A model of this process is gone, or will not be loaded."""
        with self._lock:
            if self.book.own is not None:
                kept = tuple(held for held in self._own.holdings if held.key != key)
                self.book.write(replace(self._own, holdings=kept))

    def ask(self, keys: Sequence[str]) -> None:
        """Ask the processes of these idle models to give them back, and no longer for those of before."""
        with self._lock:
            if self.book.own is not None and self.book.own.asks != tuple(keys):
                self.book.write(replace(self.book.own, asks=tuple(keys)))

    def held(self, key: str) -> Holding | None:
        """The model of this key, if another process that lives still holds it."""
        return next((held for account in self.book.others() for held in account.holdings if held.key == key), None)

    def due(self) -> list[str]:
        """Keys of idle models that should go now, whoever holds them: others ask for them, or together everything has come to
        take more than it may, which lets the least recently used ones go."""
        survey = self.survey()
        self._tell_beside(survey.lines[0].account.beside)
        asked = {key for line in survey.lines for key in line.account.asks}
        gone = [holding.key for holding in survey.idle() if holding.key in asked]
        for holding in survey.idle():
            room = survey.room(without=gone)
            if min(room.budget or 2, room.available or 2) > 1:
                break
            if holding.key not in gone:
                gone.append(holding.key)
        return gone

    def _tell_beside(self, beside: int) -> None:
        """Let others see what this process's commands take, where it has changed by much."""
        with self._lock:
            if self.book.own is not None and abs(beside - self.book.own.beside) > _MUCH:
                self.book.write(replace(self.book.own, beside=beside))

    def close(self) -> None:
        """Close the process's account."""
        with self._lock:
            self.book.close()

    @property
    def _own(self) -> Account:
        if self.book.own is None:
            raise RuntimeError("This view of the ledger has no account of its own.")
        return self.book.own

    def _not_waiting(self, key: str) -> tuple[Waiting, ...]:
        return tuple(waiting for waiting in self._own.waiting if waiting.key != key)

    def _beside_models(self) -> int:
        return self._beside({held.pid for held in self._own.holdings})

    def _line(self, account: Account) -> Line:
        models = tuple((held, self._measure(held.pid) if held.pid else Resident()) for held in account.holdings)
        return Line(account=account, rss=self._measure(account.pid).rss, models=models)

    def _write(self, holding: Holding, beside: int) -> None:
        kept = tuple(held for held in self._own.holdings if held.key != holding.key)
        self.book.write(replace(self._own, holdings=(*kept, holding), beside=beside))


def _counted(holding: Holding, found: Resident) -> int:
    """Bytes that a model counts for; one whose process has died holds nothing."""
    if holding.pid and not holding.loading and not found.rss:
        return 0
    return max(holding.needs, found.rss)


def _last_used(holding: Holding) -> tuple[float, str]:
    return holding.used, holding.key
