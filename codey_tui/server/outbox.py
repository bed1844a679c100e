"""What waits to be sent to one client: durable events in order and whole, deltas merged while the client is slow."""

from collections import deque

import msgspec

from codey_tui.protocol.events import (
    ActionEnded,
    ActionOutput,
    ChunkEnded,
    Envelope,
    Event,
    FileGrew,
    GaugesRead,
    MessageAdded,
    ModelLoadProgressed,
    ModelPullEnded,
    ModelPullProgressed,
    Noticed,
    PromptEvaluated,
    TokensGenerated,
)
from codey_tui.protocol.wire import MAX_FRAME_BYTES, Delivered

MAX_BACKLOG_BYTES = 8 * 1024 * 1024
MAX_DELTA_CHARS = 1024 * 1024

_encoder = msgspec.json.Encoder()


def encode(frame: object) -> bytes:
    """One frame as a JSON line."""
    return _encoder.encode(frame) + b"\n"


def _key(event: Event) -> tuple[str, str] | None:
    """Deltas with the same key can be merged; None for a durable event."""
    match event:
        case TokensGenerated(stream=name) | PromptEvaluated(stream=name):
            return type(event).__name__, name
        case FileGrew(path=name):
            return "FileGrew", name
        case ActionOutput(action_id=name):
            return "ActionOutput", name
        case ModelLoadProgressed(model=name):
            return "ModelLoadProgressed", name
        case ModelPullProgressed(model=name):
            return "ModelPullProgressed", name
        case GaugesRead():
            return "GaugesRead", ""
        case _:
            return None


def _replaces(event: Event) -> tuple[tuple[str, str], ...]:
    """Keys of the deltas that are no longer needed because this durable event carries the whole text."""
    match event:
        case ChunkEnded(chunk_id=stream):
            return ("TokensGenerated", stream), ("PromptEvaluated", stream)
        case MessageAdded(message=message):
            return ("TokensGenerated", message.id), ("PromptEvaluated", message.id)
        case ActionEnded(action_id=action):
            return (("ActionOutput", action),)
        case ModelPullEnded(model=model):
            return (("ModelPullProgressed", model),)
        case _:
            return ()


def _join(offset: int, text: str, new_offset: int, new_text: str) -> tuple[int, str] | None:
    """Two pieces of one stream as one, or None when there is a gap between them."""
    if new_offset <= offset:
        return new_offset, new_text
    if new_offset > offset + len(text):
        return None
    return offset, text[: new_offset - offset] + new_text


def merge(old: Event, new: Event) -> Event | None:
    """One delta that does what `old` and then `new` do, or None when they cannot be merged. Both have the same key."""
    match old, new:
        case TokensGenerated(), TokensGenerated():
            joined = _join(old.offset, old.text, new.offset, new.text)
            return joined and TokensGenerated(stream=new.stream, offset=joined[0], text=joined[1], tokens=new.tokens)
        case ActionOutput(), ActionOutput():
            joined = _join(old.offset, old.text, new.offset, new.text)
            return joined and ActionOutput(action_id=new.action_id, offset=joined[0], text=joined[1])
        case _:
            return new


class _Slot:
    """One waiting envelope: a durable one as its line, a delta as the envelope that later ones are merged into."""

    __slots__ = ("delta", "line")

    def __init__(self, line: bytes = b"", delta: Envelope | None = None) -> None:
        self.line = line
        self.delta = delta


class Outbox:
    """A queue for one client. Not thread-safe: it belongs to the host's loop.

    `overflowed` is set, and nothing more is taken in, once the durable events that wait pass `max_backlog` bytes. What
    waits by then is still to be sent, so that a client that comes back has moved on.
    """

    def __init__(self, max_backlog: int = MAX_BACKLOG_BYTES, max_delta_chars: int = MAX_DELTA_CHARS) -> None:
        self.overflowed = False
        self._max_backlog = max_backlog
        self._max_delta_chars = max_delta_chars
        self._slots: deque[_Slot] = deque()
        self._open: dict[tuple[str, str], _Slot] = {}
        self._backlog = 0
        self._delta_chars = 0

    def __bool__(self) -> bool:
        return bool(self._slots)

    @property
    def backlog(self) -> int:
        """Bytes of durable events that wait."""
        return self._backlog

    def put(self, envelope: Envelope) -> None:
        """Take in an envelope."""
        if self.overflowed:
            return
        key = _key(envelope.event)
        if key is None:
            self._put_durable(envelope)
        else:
            self._put_delta(key, envelope)

    def take(self, max_bytes: int = 64 * 1024) -> bytes:
        """Some lines to send, in order: at least one when there is any, and about `max_bytes` at most."""
        lines: list[bytes] = []
        size = 0
        while self._slots and size < max_bytes:
            slot = self._slots.popleft()
            if slot.delta is not None:
                self._forget(slot, slot.delta)
                line = encode(Delivered(envelope=slot.delta))
            else:
                line = slot.line
                self._backlog -= len(line)
            lines.append(line)
            size += len(line)
        return b"".join(lines)

    def _put_durable(self, envelope: Envelope) -> None:
        self._discard({self._open[key] for key in _replaces(envelope.event) if key in self._open})
        # Deltas after this event carry a later `seq`: they must not be merged into one that stands before it.
        self._open.clear()
        line = encode(Delivered(envelope=envelope))
        if len(line) > MAX_FRAME_BYTES:
            sentence = f"An event of {len(line) // 2**20} MiB is too large for the socket and is not shown."
            notice = msgspec.structs.replace(envelope, event=Noticed(level="warning", text=sentence))
            line = encode(Delivered(envelope=notice))
        self._slots.append(_Slot(line=line))
        self._backlog += len(line)
        self.overflowed = self._backlog > self._max_backlog

    def _put_delta(self, key: tuple[str, str], envelope: Envelope) -> None:
        slot = self._open.get(key)
        merged = merge(slot.delta.event, envelope.event) if slot is not None and slot.delta is not None else None
        if slot is not None and slot.delta is not None and merged is not None:
            self._delta_chars += _chars(merged) - _chars(slot.delta.event)
            slot.delta = msgspec.structs.replace(envelope, event=merged)
        else:
            slot = _Slot(delta=envelope)
            self._slots.append(slot)
            self._open[key] = slot
            self._delta_chars += _chars(envelope.event)
        if self._delta_chars > self._max_delta_chars:
            # The whole text comes with the event that ends the stream.
            self._discard({slot for slot in self._slots if slot.delta is not None})

    def _discard(self, gone: set[_Slot]) -> None:
        if not gone:
            return
        for slot in gone:
            if slot.delta is not None:
                self._forget(slot, slot.delta)
        self._slots = deque(slot for slot in self._slots if slot not in gone)

    def _forget(self, slot: _Slot, delta: Envelope) -> None:
        """A delta leaves the queue: later ones start a slot of their own."""
        self._delta_chars -= _chars(delta.event)
        key = _key(delta.event)
        if key is not None and self._open.get(key) is slot:
            del self._open[key]


def _chars(event: Event) -> int:
    return len(event.text) if isinstance(event, TokensGenerated | ActionOutput) else 0
