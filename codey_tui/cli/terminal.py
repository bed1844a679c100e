"""What concerns the terminal: restoring its modes, and keeping control codes of others out of it."""

import re
import sys

# Leaves the alternate screen, shows the cursor, ends mouse reporting in every encoding, focus events, bracketed paste
# and synchronised output, pops the kitty keyboard flags, and resets colours, margins and character set.
RESTORE = (
    "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    "\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l\x1b[<u\x1b[>4;0m\x1b[!p\x1b[r\x1b(B\x1b[0m\x1b[?7h\r"
)

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text of a model or a command without control codes; line feeds and tabs stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def is_interactive() -> bool:
    """Whether a person can read what is written and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()
