"""The outbox of one client: durable events arrive whole and in order, deltas are merged or dropped."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.protocol.chat import Message
from codey_tui.protocol.events import (
    ActionOutput,
    ChunkEnded,
    Envelope,
    Event,
    FileGrew,
    MessageAdded,
    Noticed,
    TokensGenerated,
)
from codey_tui.protocol.models import Figures
from codey_tui.protocol.wire import MAX_FRAME_BYTES, Delivered
from codey_tui.server.outbox import Outbox


def sealed(event: Event, seq: int = 1) -> Envelope:
    return Envelope(seq=seq, session="s", turn=1, at=0.0, event=event)


def tokens(offset: int, text: str, stream: str = "c1") -> TokensGenerated:
    return TokensGenerated(stream=stream, offset=offset, text=text, tokens=offset + len(text))


def drain(outbox: Outbox, max_bytes: int = 64 * 1024) -> list[Envelope]:
    found: list[Envelope] = []
    while outbox:
        lines = outbox.take(max_bytes).splitlines()
        found += [msgspec.json.decode(line, type=Delivered).envelope for line in lines]
    return found


def shown(texts: list[TokensGenerated]) -> str:
    """What a client shows after these deltas."""
    text = ""
    for delta in texts:
        text = text[: delta.offset] + delta.text
    return text


def test_deltas_of_one_stream_become_one():
    outbox = Outbox()
    for offset, letter in enumerate("hello"):
        outbox.put(sealed(tokens(offset, letter)))
        outbox.put(sealed(FileGrew(path="a.py", size=offset, lines=1)))
    first, second = drain(outbox)
    assert first.event == tokens(0, "hello")
    assert second.event == FileGrew(path="a.py", size=4, lines=1)


def test_a_durable_event_stands_between_deltas():
    outbox = Outbox()
    outbox.put(sealed(tokens(0, "a"), seq=1))
    outbox.put(sealed(Noticed(level="info", text="x"), seq=2))
    outbox.put(sealed(tokens(1, "b"), seq=2))
    assert [type(envelope.event).__name__ for envelope in drain(outbox)] == [
        "TokensGenerated",
        "Noticed",
        "TokensGenerated",
    ]


def test_the_end_of_a_stream_replaces_its_waiting_deltas():
    outbox = Outbox()
    outbox.put(sealed(tokens(0, "abc")))
    outbox.put(sealed(tokens(0, "other", stream="c2")))
    outbox.put(sealed(ChunkEnded(chunk_id="c1", state="done", figures=Figures(), content="abc"), seq=2))
    events = [envelope.event for envelope in drain(outbox)]
    assert events[0] == tokens(0, "other", stream="c2")
    assert isinstance(events[1], ChunkEnded)
    outbox.put(sealed(tokens(0, "x", stream="m1")))
    outbox.put(sealed(MessageAdded(message=Message(id="m1", role="assistant", text="x", at=0.0)), seq=3))
    assert [type(envelope.event) for envelope in drain(outbox)] == [MessageAdded]


def test_deltas_past_their_bound_are_dropped_and_durable_events_are_not():
    outbox = Outbox(max_delta_chars=100)
    outbox.put(sealed(ActionOutput(action_id="a", offset=0, text="x" * 60)))
    outbox.put(sealed(Noticed(level="info", text="stays"), seq=2))
    outbox.put(sealed(ActionOutput(action_id="a", offset=60, text="x" * 60), seq=2))
    outbox.put(sealed(ActionOutput(action_id="a", offset=120, text="end"), seq=2))
    assert [envelope.event for envelope in drain(outbox)] == [
        Noticed(level="info", text="stays"),
        ActionOutput(action_id="a", offset=120, text="end"),
    ]


def test_a_backlog_of_durable_events_overflows_and_can_still_be_sent():
    outbox = Outbox(max_backlog=500)
    seq = 0
    while not outbox.overflowed:
        seq += 1
        outbox.put(sealed(Noticed(level="info", text="x" * 50), seq=seq))
    outbox.put(sealed(Noticed(level="info", text="late"), seq=seq + 1))
    assert [envelope.seq for envelope in drain(outbox)] == list(range(1, seq + 1))
    assert outbox.backlog == 0


def test_an_event_that_no_frame_can_hold_becomes_a_notice():
    outbox = Outbox(max_backlog=10**9)
    outbox.put(sealed(ChunkEnded(chunk_id="c", state="done", figures=Figures(), content="x" * MAX_FRAME_BYTES), seq=7))
    (envelope,) = drain(outbox)
    assert envelope.seq == 7
    assert isinstance(envelope.event, Noticed)


@given(st.lists(st.tuples(st.integers(0, 12), st.text("abc", min_size=1, max_size=4), st.booleans()), max_size=30))
def test_merged_deltas_show_the_same_text(steps: list[tuple[int, str, bool]]):
    outbox = Outbox()
    sent: list[TokensGenerated] = []
    received: list[TokensGenerated] = []
    length = 0
    for back, text, read_now in steps:
        delta = tokens(max(0, length - back), text)
        length = delta.offset + len(text)
        sent.append(delta)
        outbox.put(sealed(delta))
        if read_now:
            received += [e.event for e in drain(outbox) if isinstance(e.event, TokensGenerated)]
    received += [e.event for e in drain(outbox) if isinstance(e.event, TokensGenerated)]
    assert shown(received) == shown(sent)
