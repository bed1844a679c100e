"""What of a model's or a tool's text may reach a terminal: control characters, escape sequences and characters whose
width terminals disagree about are taken out of what is shown (never out of what is copied)."""

import re

TAB = 4

# CSI, OSC (to BEL, ST or the end of the line) and two-character escapes: ECMA-48, 5.4 and 8.3.89.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?")
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
# Text that turns the reading direction can make code look like other code (CVE-2021-42574): it is shown as a mark.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(line: str) -> str:
    """One line as it may be shown: no control characters, tabs as spaces, no joiners or variation selectors.

    A joined emoji is shown as its parts, each two cells wide, because terminals agree on those widths only.
    """
    if line.isascii() and line.isprintable():
        return line
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    line = _SUSPECT.sub("", _DIRECTION.sub("\ufffd", line))
    return line.expandtabs(TAB)
