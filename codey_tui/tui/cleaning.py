"""Takes out of any text what a terminal would obey: no program, model, file name or error may steer what a person sees."""

import re
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

# Sequences with what belongs to them, in their form of two characters and in that of one (C1); each kind of body stops at the next
# beginning, so that a text is looked through once.
_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90-\x9f]*(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS and other strings
    "|\x1b[ -/]*[0-OQ-WYZ\\\\`-~]"  # character sets, cursor save, reset
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# what turns the direction of text around can make it read as something else, and a lone surrogate cannot be written at all: both are
# shown as such
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ANY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control sequences; line feeds and tabs stay, marks of direction become a visible one."""
    if not _ANY.search(text):
        return text
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return _DECEIVING.sub("\ufffd", _CONTROL.sub("", text))


def one_line(text: str) -> str:
    """The text cleaned and on one line, as for a title or the name of a file."""
    return " ".join(clean(text).split("\n")).replace("\t", " ")


def cleaned(value: T) -> T:
    """The struct, list or text with every text in it clean; the same value where nothing had to go."""
    found = _cleaned(value)
    return value if found is value else cast("T", found)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, msgspec.Struct):
        changed = {
            name: new
            for name in value.__struct_fields__
            if (new := _cleaned(old := getattr(value, name))) is not old and new != old
        }
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        items = cast("list[Any]", value)
        new_items = [_cleaned(item) for item in items]
        if all(new is old for new, old in zip(new_items, items, strict=True)):
            return cast("Any", value)
        return tuple(new_items) if isinstance(value, tuple) else new_items
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
