"""The ledger of memory: what counts, who makes way, whose account is no longer counted, what is remembered of a model."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from codey_tui.inference.accounts import AccountBook, Holding
from codey_tui.inference.footprint import Footprint
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ledger import GROWTH, SOON, Granted, Ledger, Refused, Short
from codey_tui.inference.measured import REMEMBERED_S, Measured, name_of
from codey_tui.inference.memory import Resident

MIB = 1 << 20
PROCESS = SOON - GROWTH
BUDGET = 1000 * MIB + PROCESS + GROWTH
"""Room for 1,000 MiB of models in one engine."""


class Machine:
    """A machine whose memory is what a test says: `taken` by process id."""

    def __init__(self, folder: Path, available: int = 1 << 40) -> None:
        self.folder = folder
        self.available = available
        self.taken: dict[int, Resident] = {}

    def ledger(self, budget: int = BUDGET, beside: int = 0) -> Ledger:
        def measure(pid: int) -> Resident:
            return self.taken.get(pid, Resident(rss=PROCESS if pid > 0 else 0))

        return Ledger(
            self.folder, budget=budget, available=lambda: self.available, beside=lambda _models: beside, measure=measure
        )

    def load(self, ledger: Ledger, model: str, needs: int, used: float, **more: object) -> Holding:
        """A model in memory, in bytes; `pid` is negative: no such process is there."""
        pid = -1 - len(self.taken)
        held = Holding(key=ledger.new_key(), model=model, needs=needs, used=used)
        assert ledger.reserve(held) == Granted()
        self.taken[pid] = Resident(rss=needs * 9 // 10, anonymous=needs // 10)
        held = msgspec.structs.replace(held, pid=pid, loading=False, **more)
        ledger.update(held)
        return held


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "memory")


def wanting(ledger: Ledger, needs: int) -> Holding:
    return Holding(key=ledger.new_key(), model="new", needs=needs)


def evicted(verdict: Granted | Short | Refused) -> list[str]:
    assert isinstance(verdict, Short)
    return [victim.model for victim in verdict.evict]


def test_the_least_recently_used_idle_models_make_way_and_no_more_than_needed(machine: Machine) -> None:
    ledger = machine.ledger()
    machine.load(ledger, "second", 300 * MIB, 2.0)
    machine.load(ledger, "first", 300 * MIB, 1.0)
    machine.load(ledger, "third", 300 * MIB, 3.0)
    assert ledger.reserve(wanting(ledger, 100 * MIB)) == Granted()
    assert evicted(ledger.reserve(wanting(ledger, 200 * MIB))) == ["first"]
    assert evicted(ledger.reserve(wanting(ledger, 500 * MIB))) == ["first", "second"]
    ledger.close()


def test_a_leased_or_loading_model_never_makes_way(machine: Machine) -> None:
    ledger = machine.ledger()
    machine.load(ledger, "leased", 400 * MIB, 1.0, leases=("turn 1",))
    machine.load(ledger, "idle", 300 * MIB, 2.0)
    assert ledger.reserve(wanting(ledger, 100 * MIB)) == Granted()  # it loads from now on
    assert evicted(ledger.reserve(wanting(ledger, 400 * MIB))) == ["idle"]
    refused = ledger.reserve(wanting(ledger, 501 * MIB))
    assert isinstance(refused, Refused)
    assert refused.room.budget == 500 * MIB
    assert "less what Codey and models at work have" in refused.room.sentence
    assert awaited(ledger, 950 * MIB) == ["new, being loaded", "leased, at work for turn 1"]
    ledger.close()


def awaited(ledger: Ledger, needs: int) -> list[str]:
    refused = ledger.reserve(wanting(ledger, needs))
    assert isinstance(refused, Refused)
    return [work.said for work in refused.awaits]


def test_a_refusal_names_the_models_at_work_without_which_it_would_fit(machine: Machine) -> None:
    ledger = machine.ledger()
    machine.load(ledger, "small", 200 * MIB, 1.0, leases=("turn 1", "turn 1"))
    machine.load(ledger, "large", 600 * MIB, 2.0, leases=("turn 2",))
    machine.load(ledger, "idle", 100 * MIB, 3.0)
    assert awaited(ledger, 300 * MIB) == ["small, at work for turn 1"], "the one that began first"
    assert awaited(ledger, 500 * MIB) == ["large, at work for turn 2"], "its end alone suffices"
    assert awaited(ledger, 900 * MIB) == ["small, at work for turn 1", "large, at work for turn 2"]
    assert awaited(ledger, 1001 * MIB) == [], "it would not fit without any"
    assert [held.model for held in ledger.survey().idle()] == ["idle"]
    ledger.close()


def test_a_load_waits_as_long_as_none_of_its_choices_could_be_let_in(machine: Machine) -> None:
    ledger = machine.ledger()
    held = machine.load(ledger, "theirs", 600 * MIB, 1.0, leases=("turn 1",))
    large, small, never = (wanting(ledger, size * MIB) for size in (900, 500, 1001))
    assert [work.holding.model for work in ledger.in_the_way([(large, 0), (small, 0)])] == ["theirs"]
    assert [work.holding.model for work in ledger.in_the_way([(never, 0), (small, 0)])] == ["theirs"]
    assert ledger.in_the_way([(never, 0)]) == (), "there is nothing to wait for"
    assert ledger.in_the_way([(large, 0), (wanting(ledger, 400 * MIB), 0)]) == (), "a smaller one fits"
    ledger.update(msgspec.structs.replace(held, leases=()))
    assert ledger.in_the_way([(large, 0), (small, 0)]) == (), "it could be sent away"
    assert ledger.in_the_way([(large, 0), (small, 0)], [held.key]) == ()
    ledger.close()


def test_models_of_all_engines_share_one_budget_and_one_order(machine: Machine) -> None:
    one, other = machine.ledger(), machine.ledger()
    machine.load(one, "old", 300 * MIB, 1.0)
    machine.load(other, "new", 300 * MIB, 2.0)
    # the second engine's own process counts too
    assert one.reserve(wanting(one, 400 * MIB - PROCESS - GROWTH)) == Granted()
    assert evicted(other.reserve(wanting(other, 300 * MIB))) == ["old"]
    other.close()
    assert one.survey().used == 700 * MIB
    one.close()


def test_what_was_measured_counts_where_it_is_more_than_was_put_aside(machine: Machine) -> None:
    ledger = machine.ledger()
    held = machine.load(ledger, "grown", 300 * MIB, 1.0)
    machine.taken[held.pid] = Resident(rss=450 * MIB, anonymous=450 * MIB)
    assert ledger.survey().room().budget == 550 * MIB
    assert ledger.due() == []
    machine.taken[held.pid] = Resident(rss=1001 * MIB)
    assert ledger.due() == [held.key], "it goes when all together take more than they may"
    del machine.taken[held.pid]  # its process was killed: it holds nothing
    assert ledger.survey().room().budget == 1000 * MIB
    ledger.close()


def test_commands_containers_and_screens_count(machine: Machine) -> None:
    ledger = machine.ledger(beside=200 * MIB)
    assert ledger.survey().room().budget == 800 * MIB
    screen = AccountBook(machine.folder, "screen")
    assert ledger.survey().room().budget == 800 * MIB - PROCESS - GROWTH
    screen.close()
    assert ledger.survey().room().budget == 800 * MIB
    ledger.close()


def test_what_others_on_the_machine_leave_binds_as_well(machine: Machine) -> None:
    """Pages of a mapped model count as available to the system, and are needed all the same."""
    machine.available = 500 * MIB + GROWTH
    ledger = machine.ledger()
    assert isinstance(ledger.reserve(wanting(ledger, 501 * MIB)), Refused)
    held = machine.load(ledger, "mapped", 400 * MIB, 1.0)
    machine.available -= machine.taken[held.pid].anonymous
    assert ledger.survey().room().available == 100 * MIB
    assert evicted(ledger.reserve(wanting(ledger, 500 * MIB))) == ["mapped"]
    refused = ledger.reserve(wanting(ledger, 501 * MIB))
    assert isinstance(refused, Refused)
    assert "are available on this machine now" in refused.room.sentence
    ledger.close()


def test_what_did_not_suffice_before_does_not_suffice_now(machine: Machine) -> None:
    machine.available = 500 * MIB + GROWTH
    ledger = machine.ledger()
    assert isinstance(ledger.reserve(wanting(ledger, 100 * MIB), least=500 * MIB), Refused)
    machine.available += MIB
    assert ledger.reserve(wanting(ledger, 100 * MIB), least=500 * MIB) == Granted()
    ledger.close()


def test_room_is_kept_for_a_screen_that_may_yet_come(machine: Machine) -> None:
    ledger = Ledger(
        machine.folder,
        budget=1000 * MIB + SOON,
        available=lambda: 1 << 40,
        measure=lambda pid: Resident(rss=MIB if pid > 0 else 0),
    )
    refused = ledger.reserve(wanting(ledger, 1001 * MIB))
    assert isinstance(refused, Refused) and refused.room.budget == 1000 * MIB
    screen = AccountBook(machine.folder, "screen")
    assert ledger.reserve(wanting(ledger, 1001 * MIB)) == Granted(), "it is there, and is counted as it is"
    screen.close()
    ledger.close()


HOLDER = """
import sys
from pathlib import Path
from codey_tui.inference.accounts import Holding
from codey_tui.inference.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), budget=0, available=lambda: 0)
assert ledger.reserve(Holding(key=ledger.new_key(), model="theirs", needs=700 << 20))
right = ledger.book.begin_load()
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_dead_engine_reserves_nothing_and_loads_nothing(machine: Machine) -> None:
    ledger = machine.ledger()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(machine.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as engine:
        assert engine.stdout is not None and engine.stdout.readline() == "ready\n"
        assert isinstance(ledger.reserve(wanting(ledger, 400 * MIB)), Refused)
        assert ledger.book.begin_load() is None
        (theirs,) = ledger.book.others()
        assert [held.model for held in theirs.holdings] == ["theirs"]
        (machine.folder / f".{theirs.id}.json.torn").write_bytes(b"{")
        engine.kill()
        engine.wait()
    assert ledger.book.others() == []
    right = ledger.book.begin_load()
    assert right is not None
    ledger.book.end_load(right)
    assert ledger.reserve(wanting(ledger, 1000 * MIB)) == Granted()
    assert [path.name for path in machine.folder.glob("*.json*")] == [f"{ledger.own_id}.json"], (
        "what it left was removed"
    )
    ledger.close()
    assert list(machine.folder.glob("*.json")) == []


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"id": "\xff"}'])
def test_an_account_that_is_damaged_holds_nothing_and_stops_no_load(machine: Machine, content: bytes) -> None:
    one, other = machine.ledger(), machine.ledger()
    (machine.folder / f"{other.own_id}.json").write_bytes(content)
    assert one.reserve(wanting(one, 100 * MIB)) == Granted()
    one.close()
    other.close()


def test_an_engine_that_is_asked_gives_an_idle_model_back_and_keeps_a_leased_one(machine: Machine) -> None:
    one, other = machine.ledger(), machine.ledger()
    held = machine.load(one, "idle", 300 * MIB, 1.0)
    other.ask([held.key])
    assert one.due() == [held.key]
    one.update(msgspec.structs.replace(held, leases=("turn 2",)))
    assert one.due() == []
    other.ask(())
    one.update(held)
    assert one.due() == []
    assert other.held(held.key) is not None
    one.drop(held.key)
    assert other.held(held.key) is None
    one.close()
    other.close()


def footprint(total: int) -> Footprint:
    return Footprint(weights=total, kv=0, compute=0, overhead=0, n_ctx=4096, kv_type="f16")


def test_a_measurement_corrects_the_next_forecast_upwards_and_is_kept(tmp_path: Path) -> None:
    model, file = tmp_path / "m.gguf", tmp_path / "measured.json"
    model.write_bytes(b"1")
    options, found = LoadOptions(), footprint(1000)
    name = name_of(model, options, found)
    assert Measured(file).corrected(model, options, found).needs == 1020
    Measured(file).note_peak(name, 1500)
    Measured(file).note_peak(name, 1200)
    assert Measured(file).corrected(model, options, found).needs == 1500
    assert Measured(file).corrected(model, options, footprint(2000)).needs == 2040
    q8 = msgspec.structs.replace(found, kv_type="q8_0")
    assert Measured(file).corrected(model, options, q8).needs == 1020, "other settings were not measured"
    model.write_bytes(b"another model")
    assert Measured(file).corrected(model, options, found).needs == 1020
    assert Measured(file).corrected(tmp_path / "gone.gguf", options, found).needs == 1020
    assert {path.name for path in tmp_path.iterdir()} == {"m.gguf", "measured.json"}, "no draft is left"


def test_a_kill_is_remembered_until_the_model_works_or_a_day_has_passed(tmp_path: Path) -> None:
    now = [1e9]
    file = tmp_path / "measured.json"
    measured = Measured(file, clock=lambda: now[0])
    measured.note_kill("m", available=900, rss=700)
    assert (measured.short_of("m"), measured.peak("m")) == (900, 700)
    now[0] += REMEMBERED_S - 1
    assert measured.short_of("m") == 900
    now[0] += 2
    assert measured.short_of("m") == 0
    measured.note_kill("m", available=900, rss=700)
    measured.note_peak("m", 650)
    assert (measured.short_of("m"), measured.peak("m")) == (0, 700)
    for content in (b"{ torn", b"\xff\xfe", b'{"m\xff": {}}'):
        file.write_bytes(content)
        assert measured.peak("m") == 0
        measured.note_peak("m", 10)
        assert measured.peak("m") == 10
