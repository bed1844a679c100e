"""What the folds share: putting a line into the transcript, closing lines, telling a notice."""

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from codey_tui.tui.state import NOTICES, Line, Notice, View


def find_line(view: View, key: str) -> int:
    """The index of a line, -1 where there is none; also in a long transcript without a search."""
    lines, place = view.lines, view.places.get(key, -1)
    if place < 0 or (place < len(lines) and lines[place].key == key):
        return place
    # another view that grew from the same one has put the key elsewhere
    return next((index for index in range(len(lines) - 1, -1, -1) if lines[index].key == key), -1)


def put_line(view: View, line: Line) -> View:
    """The view with a line appended, or replaced where its key is known."""
    index = find_line(view, line.key)
    if index < 0:
        view.places[line.key] = len(view.lines)
        return replace(view, lines=(*view.lines, line))
    if view.lines[index] == line:
        return view
    return replace(view, lines=(*view.lines[:index], line, *view.lines[index + 1 :]))


def note(view: View, key: str, title: str, text: str) -> View:
    """The view with a line that the system says."""
    return put_line(view, Line(key=key, role="system", title=title, text=text))


def close_lines(view: View) -> View:
    """The view with no line open any more."""
    for line in turn_lines(view):
        if line.open:
            view = put_line(view, replace(line, open=False))
    return view


def turn_lines(view: View) -> Iterator[Line]:
    """The lines of the last turn, the latest first, down to what the person asked."""
    for line in reversed(view.lines):
        yield line
        if line.role == "user":
            return


def tell(view: View, level: Literal["info", "warning", "error"], text: str, at: float) -> View:
    """The view with one more notice."""
    serial = view.notices[-1].serial + 1 if view.notices else 1
    notice = Notice(serial=serial, level=level, text=text, at=at)
    return replace(view, notices=(*view.notices, notice)[-NOTICES:])
