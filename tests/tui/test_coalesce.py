"""Envelopes from any thread arrive in order, merged, and no more often than the terminal can bear."""

import asyncio
import threading
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from codey_tui.protocol.chat import Message
from codey_tui.protocol.events import ActionOutput, Envelope, Event, FileGrew, MessageAdded, TokensGenerated
from codey_tui.tui.coalesce import LARGEST_BATCH, LOCAL_INTERVAL, LONGEST_INTERVAL, SLOW_INTERVAL, Coalescer

Batch = tuple[Envelope, ...]


def envelope(event: Event, seq: int = 0) -> Envelope:
    return Envelope(seq=seq, session="s", turn=1, at=0.0, event=event)


def tokens(offset: int, text: str, stream: str = "a") -> Envelope:
    return envelope(TokensGenerated(stream=stream, offset=offset, text=text, tokens=offset + len(text)))


def added(number: int) -> Envelope:
    return envelope(MessageAdded(message=Message(id=str(number), role="user", text="", at=0.0)), seq=number)


def collect(feed: Callable[[Coalescer], None], wanted: Callable[[list[Batch]], bool], **options: object) -> list[Batch]:
    """Run a feeding thread beside a loop until the batches are as wanted."""

    async def run() -> list[Batch]:
        batches: list[Batch] = []
        changed = asyncio.Event()

        def deliver(batch: Batch) -> None:
            batches.append(batch)
            changed.set()

        coalescer = Coalescer(asyncio.get_running_loop(), deliver, **options)  # type: ignore[arg-type]
        thread = threading.Thread(target=feed, args=(coalescer,))
        thread.start()
        async with asyncio.timeout(20):
            while not wanted(batches):
                await changed.wait()
                changed.clear()
        await asyncio.to_thread(thread.join)
        coalescer.close()
        return batches

    return asyncio.run(run())


def everything(batches: list[Batch]) -> Batch:
    return tuple(one for batch in batches for one in batch)


def text_of(batches: list[Batch], stream: str = "a") -> str:
    """The text of a stream as a client puts it together."""
    text = ""
    for one in everything(batches):
        if isinstance(one.event, TokensGenerated) and one.event.stream == stream:
            assert one.event.offset <= len(text), "a piece is missing"
            text = text[: one.event.offset] + one.event.text
    return text


def test_tokens_are_merged() -> None:
    words = [f"word{number} " for number in range(500)]
    whole = "".join(words)

    def feed(coalescer: Coalescer) -> None:
        offset = 0
        for word in words:
            coalescer.offer(tokens(offset, word))
            offset += len(word)

    batches = collect(feed, lambda so_far: text_of(so_far) == whole)
    assert len(everything(batches)) < 50


def test_events_that_are_not_deltas_keep_their_order_and_bound_the_deltas() -> None:
    sent = [tokens(0, "ab"), tokens(2, "cd"), added(1), tokens(4, "e"), added(2), added(3)]

    def feed(coalescer: Coalescer) -> None:
        for one in sent:
            coalescer.offer(one)

    batches = collect(feed, lambda so_far: any(one.seq == 3 for one in everything(so_far)))
    kinds = [
        one.event.offset if isinstance(one.event, TokensGenerated) else f"#{one.seq}" for one in everything(batches)
    ]
    assert [kind for kind in kinds if isinstance(kind, str)] == ["#1", "#2", "#3"]
    assert kinds.index(4) > kinds.index("#1") and text_of(batches) == "abcde"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.text("xyz", max_size=4)), max_size=12))
def test_merging_is_the_same_as_applying_each(pieces: list[tuple[int, str]]) -> None:
    expected, sent = "", []
    for offset, text in pieces:
        offset = min(offset, len(expected))
        expected = expected[:offset] + text
        sent.append(tokens(offset, text))

    def feed(coalescer: Coalescer) -> None:
        for one in sent:
            coalescer.offer(one)
        coalescer.offer(added(1))

    batches = collect(feed, lambda so_far: any(one.seq == 1 for one in everything(so_far)))
    assert text_of(batches) == expected


def test_a_long_replay_comes_in_pieces() -> None:
    def feed(coalescer: Coalescer) -> None:
        for number in range(1, 2001):
            coalescer.offer(added(number))

    batches = collect(feed, lambda so_far: len(everything(so_far)) == 2000)
    assert [one.seq for one in everything(batches)] == list(range(1, 2001))
    assert max(len(batch) for batch in batches) <= LARGEST_BATCH


def test_the_latest_size_of_each_file_is_enough() -> None:
    def feed(coalescer: Coalescer) -> None:
        for size in range(100):
            for path in ("a.py", "b.py"):
                coalescer.offer(envelope(FileGrew(path=path, size=size, lines=1)))
            coalescer.offer(envelope(ActionOutput(action_id="1", offset=size, text="x")))
        coalescer.offer(added(1))

    batches = collect(feed, lambda so_far: any(one.seq == 1 for one in everything(so_far)))
    last = {one.event.path: one.event.size for one in everything(batches) if isinstance(one.event, FileGrew)}
    assert last == {"a.py": 99, "b.py": 99}


def test_pressure_makes_batches_rarer_and_its_end_brings_the_pace_back() -> None:
    async def run() -> None:
        behind = True
        arrived = asyncio.Event()
        coalescer = Coalescer(
            asyncio.get_running_loop(), lambda _batch: arrived.set(), slow=True, pressure=lambda: behind
        )
        assert coalescer.interval == SLOW_INTERVAL > LOCAL_INTERVAL

        async def send(number: int) -> None:
            arrived.clear()
            coalescer.offer(added(number))
            await arrived.wait()

        for number in range(1, 5):
            await send(number)
        assert coalescer.interval == LONGEST_INTERVAL
        behind = False
        for number in range(5, 15):
            await send(number)
        assert coalescer.interval == SLOW_INTERVAL

    asyncio.run(run())


def test_nothing_is_delivered_after_close_or_to_a_closed_loop() -> None:
    loop = asyncio.new_event_loop()
    heard: list[Batch] = []
    coalescer = Coalescer(loop, heard.append)
    loop.close()
    coalescer.offer(added(1))
    coalescer.offer(added(2))
    assert heard == []
