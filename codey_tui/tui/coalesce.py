"""Between the engine and the screen: envelopes that arrive one by one leave in batches, with deltas merged.

A screen need not be drawn more often than a reader can read, and a slow terminal cannot be. Ten pictures a second are
enough near the engine, fewer on a slow link or while the driver holds frames back.
"""

import asyncio
import threading
import time
from collections.abc import Callable

from msgspec.structs import replace
from textual.message import Message

from codey_tui.protocol.events import (
    DELTAS,
    ActionOutput,
    Envelope,
    Event,
    FileGrew,
    GaugesRead,
    ModelLoadProgressed,
    ModelPullProgressed,
    PromptEvaluated,
    TokensGenerated,
)

LOCAL_INTERVAL = 0.11  # seconds between two batches: 9 a second
SLOW_INTERVAL = 0.22  # on a slow link: 4.5 a second
LONGEST_INTERVAL = 0.88
LARGEST_BATCH = 256  # envelopes: between two batches of a long replay the app hears keys
PROMPT_INTERVAL = 0.03  # an event that is not a delta waits no longer than this
COMPANY = 0.02  # a delta waits at least this long for those that come with it: a token makes its file grow
GAUGES_WAIT = 0.45  # the gauges are read every second: they go with the next token, if there is one by then

Key = tuple[type, str]


class Arrived(Message):
    """A batch for the app: `Coalescer(loop, lambda batch: app.post_message(Arrived(batch)))`."""

    def __init__(self, envelopes: tuple[Envelope, ...]) -> None:
        self.envelopes = envelopes
        super().__init__()


class Coalescer:
    """Takes envelopes from any thread and hands batches to `deliver` in the thread of `loop`.

    The order of events that are not deltas is kept, and no delta passes one of them. `pressure` says whether the
    terminal falls behind: while it does, batches grow rarer, down to about one a second.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[tuple[Envelope, ...]], object],
        *,
        slow: bool = False,
        pressure: Callable[[], bool] = lambda: False,
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._pressure = pressure
        self._base = SLOW_INTERVAL if slow else LOCAL_INTERVAL
        self._interval = self._base
        self._lock = threading.Lock()
        self._batch: list[Envelope] = []
        self._mergeable: dict[Key, int] = {}  # where in the batch the delta lies that the next one may join
        self._timer: asyncio.TimerHandle | None = None
        self._due = float("inf")  # when the flush that was asked for happens, by time.monotonic()
        self._last = 0.0
        self._closed = False

    @property
    def interval(self) -> float:
        """Seconds between two batches of deltas, as things are now."""
        return self._interval

    def offer(self, envelope: Envelope) -> None:
        """Take an envelope. Never blocks; to be called from any thread."""
        now = time.monotonic()
        with self._lock:
            if self._closed:
                return
            delta = isinstance(envelope.event, DELTAS)
            self._put(envelope, delta)
            due = self._when(envelope.event, now)
            if due >= self._due:
                return
            self._due = due
        try:
            self._loop.call_soon_threadsafe(self._arm, due)
        except RuntimeError:
            self.close()  # the loop is closed: there is no screen any more

    def close(self) -> None:
        """Deliver nothing more."""
        with self._lock:
            self._closed = True
            self._batch = []
            self._mergeable = {}

    def _when(self, event: Event, now: float) -> float:
        """When the batch with this event is to be delivered."""
        if isinstance(event, GaugesRead):
            return max(now + GAUGES_WAIT, self._last + self._interval)
        if isinstance(event, DELTAS):
            return max(now + COMPANY, self._last + self._interval)
        return max(now, self._last + min(self._interval, PROMPT_INTERVAL))

    def _put(self, envelope: Envelope, delta: bool) -> None:
        if not delta:
            self._mergeable = {}
            self._batch.append(envelope)
            return
        key = _key(envelope.event)
        at = self._mergeable.get(key)
        if at is not None:
            merged = _merge(self._batch[at].event, envelope.event)
            if merged is not None:
                self._batch[at] = replace(envelope, event=merged)
                return
        self._mergeable[key] = len(self._batch)
        self._batch.append(envelope)

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._flush)

    def _flush(self) -> None:
        behind = self._pressure()
        with self._lock:
            self._timer = None
            self._due = float("inf")
            self._last = time.monotonic()
            self._interval = min(LONGEST_INTERVAL, self._interval * 2) if behind else self._calmer()
            batch, self._batch = tuple(self._batch[:LARGEST_BATCH]), self._batch[LARGEST_BATCH:]
            self._mergeable = {}
            if self._batch:
                self._due = self._last + PROMPT_INTERVAL
                self._arm(self._due)
        if batch:
            self._deliver(batch)

    def _calmer(self) -> float:
        """Back to the usual pace in a few steps, so that a link at its limit does not swing."""
        return max(self._base, self._interval * 0.8)


def _key(event: Event) -> Key:
    match event:
        case TokensGenerated() | PromptEvaluated():
            return type(event), event.stream
        case FileGrew():
            return type(event), event.path
        case ActionOutput():
            return type(event), event.action_id
        case ModelLoadProgressed() | ModelPullProgressed():
            return type(event), event.model
        case _:
            return type(event), ""


def _merge(old: Event, new: Event) -> Event | None:
    """One delta that says what both say, or None where a piece is missing between them."""
    match old, new:
        case (TokensGenerated(), TokensGenerated()) | (ActionOutput(), ActionOutput()):
            if new.offset <= old.offset:
                return new
            have = new.offset - old.offset
            return replace(new, offset=old.offset, text=old.text[:have] + new.text) if have <= len(old.text) else None
        case (FileGrew() | PromptEvaluated() | ModelLoadProgressed() | ModelPullProgressed() | GaugesRead(), _):
            return new
        case _:
            return None
