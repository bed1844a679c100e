"""Markdown tables: cells, alignment, and column widths that fit the width there is."""

import re
from typing import Literal

from textual.content import Content

from codey_tui.tui.widgets.transcript.inline import inline

Align = Literal["left", "center", "right"]
_CELLS = re.compile(r"(?<!\\)\|")
GAP = " │ "
MIN_COLUMN = 3
BORDER = "$text-muted"


def table_lines(lines: list[str], width: int) -> list[Content]:
    """A table as lines of at most `width` cells: the header, a line below it, the rows. Long cells end in `…`."""
    header = _cells(lines[0])
    aligns: list[Align] = [_align(cell) for cell in _cells(lines[1])]
    count = max(1, len(header))
    aligns.extend("left" for _ in range(count - len(aligns)))
    rows = [[inline(cell) for cell in _cells(line, count)] for line in (lines[0], *lines[2:])]
    natural = [max(row[column].cell_length for row in rows) for column in range(count)]
    widths = _fit(natural, width)
    out = [_row(rows[0], widths, aligns).stylize("bold")]
    out.append(Content("─┼─".join("─" * size for size in widths)).stylize(BORDER))
    out.extend(_row(row, widths, aligns) for row in rows[1:])
    return [line.truncate(width, ellipsis=True) if line.cell_length > width else line for line in out]


def _cells(line: str, count: int = 0) -> list[str]:
    """The cells of a line; exactly `count` of them if it is given."""
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    cells = [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line)]
    return (cells + [""] * count)[:count] if count else cells


def _align(cell: str) -> Align:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def _fit(natural: list[int], width: int) -> list[int]:
    """Column widths: natural where they fit; otherwise the widest columns give up cells until they do."""
    room = max(len(natural) * MIN_COLUMN, width - len(GAP) * (len(natural) - 1))
    widths = [max(MIN_COLUMN, size) for size in natural]
    excess = sum(widths) - room
    while excess > 0:
        widest = max(widths)
        if widest <= MIN_COLUMN:
            break
        below = max((size for size in widths if size < widest), default=MIN_COLUMN)
        at_top = [index for index, size in enumerate(widths) if size == widest]
        step = max(1, min(widest - below, -(-excess // len(at_top))))
        for index in at_top:
            cut = min(step, excess)
            widths[index] -= cut
            excess -= cut
    return widths


def _row(cells: list[Content], widths: list[int], aligns: list[Align]) -> Content:
    separator = Content.styled(GAP, BORDER)
    return separator.join(_pad(*column) for column in zip(cells, widths, aligns, strict=False))


def _pad(cell: Content, width: int, align: Align) -> Content:
    if cell.cell_length > width:
        cell = cell.truncate(width, ellipsis=True)
    space = width - cell.cell_length
    if align == "right":
        return cell.pad_left(space)
    if align == "center":
        return cell.pad_left(space // 2).pad_right(space - space // 2)
    return cell.pad_right(space)
