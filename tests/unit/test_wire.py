"""The version of the wire stands for what its frames hold: whoever changes one raises the other."""

import hashlib
import json
from typing import get_args

import msgspec

from codey_tui.protocol.events import Envelope
from codey_tui.protocol.ops import Op
from codey_tui.protocol.queries import Query
from codey_tui.protocol.wire import WIRE_VERSION, ClientFrame, EngineFrame

SHAPES = {3: "320b5e33a7376174"}
"""A digest of the names of all structs and fields, by the version that has them."""


def shape() -> str:
    frames = (*get_args(ClientFrame), *get_args(EngineFrame))
    answers = [get_args(base)[0] for query in get_args(Query) for base in query.__orig_bases__ if get_args(base)]
    _, found = msgspec.json.schema_components([Op, Envelope, Query, *answers], schema_hook=lambda _: {"type": "object"})
    names = {name: sorted(schema.get("properties", ())) for name, schema in found.items()}
    names |= {frame.__name__: sorted(field.encode_name for field in msgspec.structs.fields(frame)) for frame in frames}
    return hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:16]


def test_the_version_of_the_wire_is_raised_with_what_its_frames_hold() -> None:
    assert {WIRE_VERSION: shape()} == SHAPES, "raise WIRE_VERSION, and put the new digest here"
