"""Knows what the terminal shows, row by row, and lets through only what would change it.

Textual paints spans: an absolute move, then segments that each end in a reset. So a span stands for itself, and one
that is on the screen already need not be sent again; of one that differs, only the part that differs.
"""

import re
from typing import NamedTuple

from rich.cells import cell_len

MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_SEGMENT = re.compile(r"\x1b\[([\d;]*)m([^\x1b]*)\x1b\[0m|([^\x1b]+)")
_CONTROLS = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\")
# The last line of defence: whatever text a widget was given, a frame holds moves, colours and links, and nothing else that a
# terminal obeys.
_FOREIGN = re.compile(
    "[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\\[[\\d;]*[mH]|\\]8;|\\\\)"
)
# Characters whose width every terminal agrees on. A span with others is sent whole, so that a terminal that draws them
# narrower or wider is put right by the next move.
_AGREED = re.compile("[ -~\u00a1-\u02ff\u0370-\u04ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25ff\u2800-\u28ff"
                     "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3]*")  # fmt: skip
_NARROW = re.compile("[ -~\u00a1-\u02ff\u0370-\u04ff\u2500-\u259f]*")


class _Span(NamedTuple):
    raw: str
    width: int


class Rows:
    """What is on the screen, as far as it is known."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, _Span]] = {}
        self._cursor = ""

    def forget(self) -> None:
        """The screen may show anything: it was cleared, resized or written to by another."""
        self._rows.clear()
        self._cursor = ""

    def changes(self, frame: str) -> str:
        """The part of a frame that changes the screen; the frame itself where it is not made of spans."""
        frame = _FOREIGN.sub("", frame)
        parts = MOVE.split(frame)
        if parts[0] or any("\n" in payload.rstrip("\n") for payload in parts[3::3]):
            self.forget()
            return frame
        out: list[str] = []
        cursor = self._cursor
        for row, column, payload in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            raw = payload.rstrip("\n")
            if raw:
                out.append(self._span(int(row), int(column), raw))
            else:
                cursor = f"\x1b[{row};{column}H"
        changed = "".join(out)
        if not changed and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return changed + cursor

    def _span(self, row: int, column: int, raw: str) -> str:
        known = self._rows.setdefault(row, {})
        old = known.get(column)
        if old is not None and old.raw == raw:
            return ""
        width = cell_len(_CONTROLS.sub("", raw))
        end = column + width
        for start in [start for start, span in known.items() if start < end and start + span.width > column]:
            del known[start]
        known[column] = _Span(raw, width)
        if old is not None and old.width == width and (part := _difference(old.raw, raw)) is not None:
            skip, text = part
            return f"\x1b[{row};{column + skip}H{text}"
        return f"\x1b[{row};{column}H{raw}"


Segments = list[tuple[str, str]]


def _segments(raw: str) -> Segments | None:
    """A span as pairs of colours and text; None where it holds anything else, such as a link."""
    out: Segments = []
    at = 0
    for match in _SEGMENT.finditer(raw):
        if match.start() != at:
            return None
        at = match.end()
        out.append(("", match[3]) if match[3] is not None else (match[1], match[2]))
    return out if at == len(raw) else None


def _difference(old_raw: str, new_raw: str) -> tuple[int, str] | None:
    """Cells that stay the same at the start, and what is to be written after them. The spans are equally wide."""
    old, new = _segments(old_raw), _segments(new_raw)
    if old is None or new is None or not all(_AGREED.fullmatch(text) for _, text in (*old, *new)):
        return None
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    skip = sum(cell_len(text) for _, text in new[:same])
    old, new = old[same:], new[same:]
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    if old and new and old[0][0] == new[0][0]:
        start = _common(old[0][1], new[0][1])
        skip += start
        old[0], new[0] = (old[0][0], old[0][1][start:]), (new[0][0], new[0][1][start:])
    if old and new and old[-1][0] == new[-1][0]:
        stop = _common(old[-1][1][::-1], new[-1][1][::-1])
        new[-1] = (new[-1][0], new[-1][1][: len(new[-1][1]) - stop])
    return skip, "".join(f"\x1b[{colours}m{text}\x1b[0m" if colours else text for colours, text in new if text)


def _common(one: str, other: str) -> int:
    """How many characters both begin with, as long as each is one cell wide."""
    match = _NARROW.match(one)
    most = min(len(one), len(other), match.end() if match is not None else 0)
    return next((at for at in range(most) if one[at] != other[at]), most)
