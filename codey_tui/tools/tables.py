"""Rows as a table of aligned columns, as wide as its widest cell up to a bound; what is longer is cut."""

import unicodedata
from collections.abc import Sequence

MAX_CELL = 60
"""Columns of the screen that one cell may take."""


def aligned(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A header, a rule and the rows; columns of numbers are set to the right. Empty where there are no columns."""
    if not names:
        return ""
    header = [_text(name) for name in names]
    texts = [[_text(value) for value in row] for row in rows]
    columns = range(len(names))
    numbers = [
        bool(rows) and all(row[at] is None or isinstance(row[at], int | float) for row in rows) for at in columns
    ]
    widths = [max(_width(row[at]) for row in [header, *texts]) for at in columns]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([_line(header, widths, numbers), rule, *(_line(row, widths, numbers) for row in texts)])


def _line(cells: list[str], widths: list[int], numbers: list[bool]) -> str:
    padded: list[str] = []
    for cell, width, right in zip(cells, widths, numbers, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if right else cell + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns that a text takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _text(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    text = "".join(char if char.isprintable() else " " for char in str(value))
    if _width(text) <= MAX_CELL:
        return text
    text = text[:MAX_CELL]
    while _width(text) >= MAX_CELL:
        text = text[:-1]
    return text.rstrip() + "…"
