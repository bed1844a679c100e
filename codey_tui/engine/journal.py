"""The journal of a session: numbers events, stores the durable ones before anyone hears of them, and delivers all of them.

A client may come at any time with the number of the last event it has: it gets what it missed, then what is open now
(the text streamed so far), then what happens.
"""

import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import msgspec

from codey_tui.engine.masking import masked_json
from codey_tui.protocol import events as ev
from codey_tui.protocol.client import Deliver, Unsubscribe

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ev.Event).decode


class StoredEvent(Protocol):
    """A durable event as the store gives it back."""

    @property
    def seq(self) -> int: ...
    @property
    def turn(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def event(self) -> str: ...


class JournalStore(Protocol):
    """What the journal needs of a database; an error on append leaves nothing of that event behind."""

    def append(self, seq: int, session: str, turn: int, at: float, event_json: bytes) -> None: ...
    def read(self, session: str, after: int = 0) -> Sequence[StoredEvent]: ...
    def last_seq(self, session: str) -> int: ...


@dataclass
class _OpenText:
    """Text of a stream that has not ended, in parts, with the figure that travels along."""

    parts: list[str] = field(default_factory=list[str])
    length: int = 0
    tokens: int = 0

    def add(self, offset: int, text: str) -> None:
        if offset != self.length:  # a repair starts the stream again from its beginning
            kept = "".join(self.parts)[:offset]
            self.parts = [kept]
            self.length = len(kept)
        self.parts.append(text)
        self.length += len(text)


class Journal:
    """The events of the present session. All methods run on the engine's loop."""

    def __init__(
        self, store: JournalStore, clock: Callable[[], float], store_errors: tuple[type[Exception], ...]
    ) -> None:
        self._store = store
        self._clock = clock
        self._store_errors = store_errors
        self._session = ""
        self._seq = 0
        self._unwritten: list[tuple[int, str, int, float, bytes]] = []
        self._listeners: dict[int, Deliver] = {}
        self._ids = itertools.count(1)
        self._texts: dict[str, _OpenText] = {}
        self._latest: dict[tuple[str, str], ev.Event] = {}

    @property
    def session(self) -> str:
        """The id of the present session."""
        return self._session

    @property
    def seq(self) -> int:
        """The number of the last durable event."""
        return self._seq

    @property
    def listeners(self) -> int:
        """How many clients listen."""
        return len(self._listeners)

    def switch(self, session: str) -> None:
        """Make `session` the present one and tell every listener its whole story."""
        self._session = session
        waiting = [seq for seq, of, *_ in self._unwritten if of == session]
        self._seq = max([self._store.last_seq(session), *waiting])
        self._texts.clear()
        self._keep_lasting()
        for envelope in self.history() if self._listeners else []:
            self._deliver(envelope)

    def emit(self, event: ev.Event, turn: int = 0) -> ev.Envelope:
        """Number, store and deliver an event. A full disk delays the storing, never the delivery. Who listens hears it
        as it is; what is stored, and told to those who come later, has placeholders for its keys."""
        at = self._clock()
        if isinstance(event, ev.DELTAS):
            self._note_delta(event)
        else:
            event, encoded = _encoded(event)
            self._seq += 1
            self._settle(event)
            self._write((self._seq, self._session, turn, at, masked_json(encoded)))
        envelope = ev.Envelope(seq=self._seq, session=self._session, turn=turn, at=at, event=event)
        self._deliver(envelope)
        return envelope

    def history(self, after: int = 0) -> list[ev.Envelope]:
        """The durable events with a number above `after`, those that still wait for the disk included."""
        session = self._session
        rows: list[tuple[int, int, float, str | bytes]] = []
        rows += [(row.seq, row.turn, row.at, row.event) for row in self._store.read(session, after)]
        rows += [(seq, turn, at, data) for seq, of, turn, at, data in self._unwritten if of == session and seq > after]
        return [
            ev.Envelope(seq=seq, session=session, turn=turn, at=at, event=_decode(data)) for seq, turn, at, data in rows
        ]

    def listen(self, deliver: Deliver, after: int = 0) -> Unsubscribe:
        """Replay what came after `after`, then what is open, then go on live."""
        for envelope in self.history(after):
            deliver(envelope)
        for event in self._open_events():
            deliver(ev.Envelope(seq=self._seq, session=self._session, turn=0, at=self._clock(), event=event))
        key = next(self._ids)
        self._listeners[key] = deliver

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def flush(self) -> bool:
        """Try again to store what a full disk refused; True when nothing waits."""
        while self._unwritten:
            try:
                self._store.append(*self._unwritten[0])
            except self._store_errors as error:
                log.warning("events wait for the disk: %s", error)
                return False
            self._unwritten.pop(0)
        return True

    def _write(self, row: tuple[int, str, int, float, bytes]) -> None:
        first_failure = not self._unwritten
        self._unwritten.append(row)
        if not self.flush() and first_failure:
            text = (
                "The session cannot be saved just now (is the disk full?). It goes on and is saved when there is room."
            )
            notice = ev.Noticed(level="error", text=text)
            self._deliver(ev.Envelope(seq=self._seq, session=self._session, turn=0, at=self._clock(), event=notice))

    def _deliver(self, envelope: ev.Envelope) -> None:
        for key, deliver in list(self._listeners.items()):
            if key not in self._listeners:
                continue  # another listener sent it away meanwhile
            try:
                deliver(envelope)
            except Exception:
                log.exception("a listener failed and was dropped")
                self._listeners.pop(key, None)

    def _note_delta(self, event: ev.Event) -> None:
        match event:
            case ev.TokensGenerated(stream=stream, offset=offset, text=text, tokens=tokens):
                open_text = self._texts.setdefault(stream, _OpenText())
                open_text.add(offset, text)
                open_text.tokens = tokens
            case ev.ActionOutput(action_id=action, offset=offset, text=text):
                self._texts.setdefault(f"action:{action}", _OpenText()).add(offset, text)
            case ev.FileGrew(path=path):
                self._latest[("file", path)] = event
            case ev.PromptEvaluated(stream=stream):
                self._latest[("prompt", stream)] = event
            case ev.ModelLoadProgressed(model=model):
                self._latest[("load", model)] = event
            case ev.ModelPullProgressed(model=model):
                self._latest[("pull", model)] = event
            case ev.GaugesRead():
                self._latest[("gauges", "")] = event
            case _:
                raise TypeError(f"{type(event).__name__} is not a delta")

    def _settle(self, event: ev.Event) -> None:
        """Forget what a durable event replaces."""
        match event:
            case ev.ChunkEnded(chunk_id=stream):
                self._forget(stream)
            case ev.MessageAdded(message=message):
                self._forget(message.id)
            case ev.ActionEnded(action_id=action):
                self._forget(f"action:{action}")
            case ev.ModelChanged(model=model) if model.state != "loading":
                self._latest.pop(("load", model.id), None)
            case ev.ModelPullEnded(model=model):
                self._latest.pop(("pull", model), None)
            case ev.TurnEnded():
                self._texts.clear()
                self._keep_lasting()
            case _:
                return

    def _keep_lasting(self) -> None:
        """Forget the deltas of a turn; a download and a reading of the machine belong to none."""
        self._latest = {key: event for key, event in self._latest.items() if key[0] in ("pull", "gauges")}

    def _forget(self, stream: str) -> None:
        self._texts.pop(stream, None)
        self._latest.pop(("prompt", stream), None)
        for key in [key for key in self._latest if key[0] == "file"]:
            del self._latest[key]

    def _open_events(self) -> Iterable[ev.Event]:
        yield from self._latest.values()
        for stream, open_text in self._texts.items():
            text = "".join(open_text.parts)
            if stream.startswith("action:"):
                yield ev.ActionOutput(action_id=stream.removeprefix("action:"), offset=0, text=text)
            else:
                yield ev.TokensGenerated(stream=stream, offset=0, text=text, tokens=open_text.tokens)


def _encoded(event: ev.Event) -> tuple[ev.Event, bytes]:
    """The JSON of an event, and the event that it stands for: bytes of a file's name that are no UTF-8 become question
    marks, since no client and no database could take them."""
    try:
        return event, _encode(event)
    except UnicodeEncodeError:
        event = msgspec.convert(_printable(msgspec.to_builtins(event)), ev.Event)
        return event, _encode(event)


def _printable(value: Any) -> Any:
    """The same plain value with every text in it fit for UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_printable(item) for item in cast("list[Any]", value)]
    return value
