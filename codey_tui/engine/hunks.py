"""The parts of a change, and the text that comes of accepting only some of them."""

import difflib
from collections.abc import Collection
from itertools import pairwise

from codey_tui.protocol.actions import Hunk

CONTEXT = 3
"""Unchanged lines around a change, as `diff -u` shows them; changes that are nearer to each other are one part."""

Opcode = tuple[str, int, int, int, int]


def split(before: str, after: str) -> tuple[Hunk, ...]:
    """The parts of a change, in the order of the text; none when nothing changes."""
    old, new = _lines(before), _lines(after)
    return tuple(_hunk(group, old, new) for group in _groups(old, new))


def merge(before: str, after: str, accepted: Collection[int]) -> str:
    """`before` with the parts at these indices as in `after`; byte for byte the rest of `before`."""
    old, new = _lines(before), _lines(after)
    parts: list[str] = []
    reached = 0
    for index, group in enumerate(_groups(old, new)):
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal" or index not in accepted:
                continue
            parts += old[reached:old_start]
            parts += new[new_start:new_end]
            reached = old_end
    return "".join([*parts, *old[reached:]])


def text_of(hunk: Hunk) -> str:
    """A part as a unified diff shows it."""
    return "\n".join([header(hunk), *hunk.lines])


def header(hunk: Hunk) -> str:
    """The line that says where a part stands."""
    return f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"


def _lines(text: str) -> list[str]:
    """Lines with their ends. Only a line feed ends a line, so that a form feed or a lone carriage return stays inside."""
    ends = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    if ends[-1] != len(text):
        ends.append(len(text))
    return [text[start:end] for start, end in pairwise(ends)]


def _groups(old: list[str], new: list[str]) -> list[list[Opcode]]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [list(group) for group in matcher.get_grouped_opcodes(CONTEXT) if any(code[0] != "equal" for code in group)]


def _hunk(group: list[Opcode], old: list[str], new: list[str]) -> Hunk:
    lines: list[str] = []
    for tag, old_start, old_end, new_start, new_end in group:
        if tag == "equal":
            lines += _marked(" ", old[old_start:old_end])
        else:
            lines += _marked("-", old[old_start:old_end])
            lines += _marked("+", new[new_start:new_end])
    first, last = group[0], group[-1]
    old_count, new_count = last[2] - first[1], last[4] - first[3]
    return Hunk(
        old_start=first[1] + (1 if old_count else 0),
        old_count=old_count,
        new_start=first[3] + (1 if new_count else 0),
        new_count=new_count,
        lines=tuple(lines),
    )


def _marked(mark: str, lines: list[str]) -> list[str]:
    marked: list[str] = []
    for line in lines:
        marked.append(mark + line.removesuffix("\n"))
        if not line.endswith("\n"):
            marked.append("\\ No newline at end of file")
    return marked
