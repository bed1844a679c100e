"""What concerns the terminal: restoring its modes, and keeping control codes of others out of it."""

import io
import json
import os
import re
import sys

import msgspec

from codey_tui.tui.cleaning import clean

# Leaves the alternate screen, shows the cursor, ends mouse reporting in every encoding, focus events, bracketed paste
# and synchronised output, pops the kitty keyboard flags, and resets colours, margins and character set.
RESTORE = (
    "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    "\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l\x1b[<u\x1b[>4;0m\x1b[!p\x1b[r\x1b(B\x1b[0m\x1b[?7h\r"
)

_ESCAPED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text of a model, a command or a file's name without control codes; line feeds and tabs stay."""
    return clean(text)


def json_line(value: object, indent: int = 0) -> str:
    """JSON that is safe on a terminal too: what one would obey and JSON leaves as it is becomes an escape, so nothing is lost."""
    try:
        data = msgspec.json.encode(value)
        text = (msgspec.json.format(data, indent=indent) if indent else data).decode()
    except (
        UnicodeEncodeError
    ):  # a file's name that is not UTF-8 text; this one writes its odd bytes as lone surrogates, escaped
        text = json.dumps(msgspec.to_builtins(value), indent=indent or None)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def mend_streams() -> None:
    """A standard stream that the shell closed (`<&-`) is empty from now on, so that nothing opened later takes its number; and a
    character that the encoding of the output lacks is written as an escape instead of ending the command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is the one that is missing
            os.set_inheritable(nowhere, True)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))
        elif mode == "w" and isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def is_interactive() -> bool:
    """Whether a person can read what is written and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()
