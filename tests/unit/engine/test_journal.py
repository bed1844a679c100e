"""Numbering, replay and what is open: a client that comes late sees what one that was always there saw."""

import itertools
from pathlib import Path

import msgspec

from codey_tui.engine.journal import Journal
from codey_tui.protocol import events as ev
from codey_tui.protocol.chat import Message
from codey_tui.protocol.models import Figures
from codey_tui.store.connection import StoreError
from codey_tui.store.database import Database


def journal(tmp_path: Path) -> Journal:
    ticks = itertools.count(1.0)
    made = Journal(Database.open(tmp_path / "codey.db").journal, lambda: next(ticks), (StoreError,))
    made.switch("s")
    return made


def tokens(offset: int, text: str) -> ev.TokensGenerated:
    return ev.TokensGenerated(stream="m", offset=offset, text=text, tokens=offset)


def test_durable_events_are_numbered_and_replayed_after_a_number(tmp_path: Path) -> None:
    made = journal(tmp_path)
    for mode in ("ask", "auto", "plan"):
        made.emit(ev.ModeChanged(mode=mode))
    heard: list[ev.Envelope] = []
    made.listen(heard.append, after=1)
    assert [(e.seq, e.event) for e in heard] == [(2, ev.ModeChanged(mode="auto")), (3, ev.ModeChanged(mode="plan"))]
    made.emit(ev.ModeChanged(mode="ask"))
    assert heard[-1].seq == 4


def test_a_late_listener_gets_the_open_text_as_one_delta_and_nothing_of_what_has_ended(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.emit(tokens(0, "def "))
    made.emit(tokens(4, "fib"))
    heard: list[ev.Envelope] = []
    made.listen(heard.append)
    assert [e.event for e in heard] == [ev.TokensGenerated(stream="m", offset=0, text="def fib", tokens=4)]
    made.emit(ev.MessageAdded(message=Message(id="m", role="assistant", text="def fib", at=1.0)))
    later: list[ev.Envelope] = []
    made.listen(later.append)
    assert [type(e.event) for e in later] == [ev.MessageAdded]


def test_a_stream_that_starts_again_replaces_its_text(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.emit(tokens(0, "wrong answer"))
    made.emit(tokens(0, "right"))
    heard: list[ev.Envelope] = []
    made.listen(heard.append)
    assert heard[0].event == ev.TokensGenerated(stream="m", offset=0, text="right", tokens=0)


def test_deltas_carry_the_number_of_the_durable_event_before_them_and_are_not_stored(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.emit(ev.ModeChanged(mode="ask"))
    assert made.emit(tokens(0, "x")).seq == 1
    assert [e.seq for e in made.history()] == [1]


def test_a_listener_that_fails_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    made = journal(tmp_path)
    heard: list[ev.Envelope] = []

    def broken(_envelope: ev.Envelope) -> None:
        raise ConnectionError

    made.listen(broken)
    made.listen(heard.append)
    made.emit(ev.ModeChanged(mode="ask"))
    assert made.listeners == 1
    assert len(heard) == 1


def test_events_that_a_full_disk_refused_are_delivered_and_stored_later(tmp_path: Path) -> None:
    class FullDisk:
        """A store whose disk has no room until it is given some."""

        def __init__(self) -> None:
            self.real = Database.open(tmp_path / "full.db").journal
            self.full = True
            self.last_seq = self.real.last_seq
            self.read = self.real.read

        def append(self, seq: int, session: str, turn: int, at: float, event_json: bytes) -> None:
            if self.full:
                raise StoreError("no space left on the device")
            self.real.append(seq, session, turn, at, event_json)

    store = FullDisk()
    made = Journal(store, lambda: 1.0, (StoreError,))
    made.switch("s")
    heard: list[ev.Envelope] = []
    made.listen(heard.append)
    made.emit(ev.ModeChanged(mode="auto"))
    made.emit(ev.TurnEnded(result="done", figures=Figures()))
    assert sum(isinstance(e.event, ev.Noticed) for e in heard) == 1
    assert [e.seq for e in made.history()] == [1, 2]
    store.full = False
    assert made.flush()
    assert [msgspec.json.decode(row.event)["type"] for row in store.read("s")] == ["ModeChanged", "TurnEnded"]
