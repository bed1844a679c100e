"""A part of a diff as lines of content: unified, or old and new side by side; the code coloured by its language."""

from itertools import zip_longest
from pathlib import PurePosixPath

from textual.content import Content

from codey_tui.protocol.actions import Hunk
from codey_tui.tui.cleaning import clean
from codey_tui.tui.widgets.transcript.code import CodeLines

_STYLES = {"-": "on $error 20%", "+": "on $success 20%", " ": ""}
_MARKS = {"-": "$text-error", "+": "$text-success", " ": "$text-muted"}
Cell = tuple[int, str, Content]
"""Line number, mark and code."""


def header(hunk: Hunk) -> str:
    """Where a part stands, as a unified diff says it."""
    return f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"


def unified(hunk: Hunk, path: str) -> Content:
    """The lines of a part below each other."""
    return Content("\n").join(_painted(cell) for _, cell in _cells(hunk, path))


def side_by_side(hunk: Hunk, path: str, width: int) -> Content:
    """The old lines left and the new ones right; `width` in cells for both."""
    half = max(20, (width - 3) // 2)
    rows: list[Content] = []
    gone: list[Cell] = []
    come: list[Cell] = []

    def flush() -> None:
        for left, right in zip_longest(gone, come):
            rows.append(_row(left, right, half))
        gone.clear()
        come.clear()

    for side, cell in _cells(hunk, path):
        if cell[1] == " ":
            flush()
            new = (cell[0] + hunk.new_start - hunk.old_start, " ", cell[2])
            rows.append(_row(cell, new, half))
        else:
            (gone if side == "-" else come).append(cell)
    flush()
    return Content("\n").join(rows)


def _row(left: Cell | None, right: Cell | None, half: int) -> Content:
    return Content.assemble(_fitted(left, half), (" │ ", "$border-blurred"), _fitted(right, half))


def _fitted(cell: Cell | None, half: int) -> Content:
    if cell is None:
        return Content(" " * half)
    painted = _painted(cell)
    if painted.cell_length > half:
        painted = painted.truncate(half, ellipsis=True)
    return painted.pad_right(half - painted.cell_length)


def _painted(cell: Cell) -> Content:
    number, mark, code = cell
    line = Content.assemble((f"{number:>4} " if number else "     ", "$text-muted"), (f"{mark} ", _MARKS[mark]), code)
    return line.stylize_before(_STYLES[mark]) if _STYLES[mark] else line


def _cells(hunk: Hunk, path: str) -> list[tuple[str, Cell]]:
    """Each line with its side. The code of both sides is coloured as a whole, so that a string over lines stays one."""
    language = PurePosixPath(path).suffix[1:]
    shown = [line for line in hunk.lines if line[:1] in _MARKS]
    code = {side: iter(CodeLines(language).lines(_side(shown, side), closed=True)) for side in "-+"}
    old, new = hunk.old_start, hunk.new_start
    cells: list[tuple[str, Cell]] = []
    for line in shown:
        mark = line[0]
        content = next(code["+" if mark == "+" else "-"])
        if mark == " ":
            next(code["+"])
        cells.append((mark, (new if mark == "+" else old, mark, content)))
        old += mark != "+"
        new += mark != "-"
    return cells


def _side(lines: list[str], side: str) -> list[str]:
    return [clean(line[1:]).replace("\n", " ").expandtabs(4) for line in lines if line[0] in (" ", side)]
