"""Masks whole values: structs, plain data and the JSON of an event."""

from typing import Any, TypeVar, cast

import msgspec

from codey_tui.engine.masking.assigned import looks_like_a_key, names_a_key
from codey_tui.engine.masking.placeholders import OPENING, mask, placeholder, restore

S = TypeVar("S", bound=msgspec.Struct)


def masked(value: S) -> S:
    """The struct with every key in its texts masked; the same struct where there is none."""
    plain = msgspec.to_builtins(value)
    found = _masked(plain, "")
    return value if found == plain else msgspec.convert(found, type(value))


def restored(value: S) -> S:
    """The struct with the keys of this process back in place."""
    return msgspec.convert(_restored(msgspec.to_builtins(value)), type(value))


def masked_json(data: bytes) -> bytes:
    """JSON with every key in its texts masked."""
    plain = msgspec.json.decode(data)
    found = _masked(plain, "")
    return data if found == plain else msgspec.json.encode(found)


def has_key(value: msgspec.Struct) -> bool:
    """Whether some text of a struct holds a key."""
    plain = msgspec.to_builtins(value)
    return _masked(plain, "") != plain


def _masked(value: Any, name: str) -> Any:
    """The plain value with its texts masked; `name` is that of the field it stands in."""
    if isinstance(value, str):
        found = mask(value)
        if found == value and OPENING not in value and names_a_key(name) and looks_like_a_key(value, name):
            return placeholder(value, "key")
        return found
    if isinstance(value, dict):
        return {key: _masked(item, str(key)) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_masked(item, name) for item in cast("list[Any]", value)]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, str):
        return restore(value)
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_restored(item) for item in cast("list[Any]", value)]
    return value
