"""The frames of the engine's socket: one JSON object a line, each tagged by `type`."""

import msgspec

from codey_tui.protocol.events import Envelope
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import Query

WIRE_VERSION = 3
"""Raised with every change of what frames hold: only equal versions talk, and an idle engine of another one makes way."""
MAX_FRAME_BYTES = 16 * 1024 * 1024


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of every frame."""


class Hello(_Frame, frozen=True):
    """First line of a client. `listen_after` is None for a client that wants no events. The `client` named "control"
    is welcome whatever its version: it finds out what runs, or ends it."""

    wire: int
    version: str
    workspace: str
    client: str
    listen_after: int | None = None
    session: str = ""


class Welcome(_Frame, frozen=True):
    """First line of the engine. `busy` says that a turn runs or waits for an answer."""

    wire: int
    version: str
    pid: int
    session: str
    seq: int
    busy: bool = False


class Refused(_Frame, frozen=True):
    """The engine will not talk to this client; the sentence says why."""

    reason: str


class Submit(_Frame, frozen=True):
    """An Op."""

    op: Op


class Ask(_Frame, frozen=True):
    """A Query; the answer carries the same id."""

    id: int
    query: Query


class Answered(_Frame, frozen=True):
    """The answer to `Ask`: exactly one of `answer` (JSON of the query's type) and `error` is set."""

    id: int
    answer: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""


class Delivered(_Frame, frozen=True):
    """An event."""

    envelope: Envelope


ClientFrame = Hello | Submit | Ask
EngineFrame = Welcome | Refused | Answered | Delivered
