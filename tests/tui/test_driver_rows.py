"""What is left of a frame once what the terminal shows already is taken out: never a wrong picture."""

import pyte
import pyte.modes
from hypothesis import given, settings
from hypothesis import strategies as st

from codey_tui.tui.driver.rows import Rows

WIDTH, HEIGHT = 24, 4
TEXTS = st.text("abc 漢é│🎉", max_size=12)
COLOURS = st.sampled_from(["", "1", "31", "38;2;1;2;3;48;2;4;5;6"])
LINES = st.lists(st.tuples(COLOURS, TEXTS), max_size=4)


def span(row: int, column: int, width: int, line: list[tuple[str, str]]) -> str:
    """A span as Textual writes it: a move, segments with a reset each, as wide as it was asked for."""
    out, left = f"\x1b[{row};{column}H", width
    for colours, text in line:
        kept = ""
        for character in text:
            cells = 2 if character in "漢🎉" else 1
            if cells <= left:
                kept, left = kept + character, left - cells
        if kept:
            out += f"\x1b[{colours}m{kept}\x1b[0m" if colours else kept
    return out + " " * left


def frame(lines: list[list[tuple[str, str]]], column: int, width: int) -> str:
    body = "\n".join(span(number + 1, column, width, line) for number, line in enumerate(lines))
    return body + "\x1b[1;1H"


def picture(written: list[str]) -> list[list[tuple[str, str, str, bool]]]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    screen.reset_mode(pyte.modes.DECAWM)
    for text in written:
        stream.feed(text.replace("\n", ""))
    return [[(c.data, c.fg, c.bg, c.bold) for c in (screen.buffer[y][x] for x in range(WIDTH))] for y in range(HEIGHT)]


FRAMES = st.lists(
    st.tuples(st.lists(LINES, min_size=1, max_size=HEIGHT), st.sampled_from([(1, 24), (1, 10), (5, 12), (11, 14)])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(FRAMES)
def test_the_picture_is_the_same(frames: list[tuple[list[list[tuple[str, str]]], tuple[int, int]]]) -> None:
    rows = Rows()
    whole = [frame(lines, column, width) for lines, (column, width) in frames]
    parts = [rows.changes(text) for text in whole]
    assert picture(parts) == picture(whole)


def test_only_what_differs_is_sent() -> None:
    rows = Rows()
    first = "\x1b[1;1H\x1b[1mtitle\x1b[0m of a row      \n\x1b[2;1Hsame\x1b[1;1H"
    assert rows.changes(first) == first.replace("\n", "")
    assert rows.changes(first) == ""
    grown = first.replace("row      ", "row grew ")
    assert rows.changes(grown) == "\x1b[1;16Hgrew\x1b[1;1H"
    assert len(rows.changes(first)) < 24
    rows.forget()
    assert rows.changes(first) == first.replace("\n", "")


def test_a_cursor_that_moves_is_sent_alone() -> None:
    rows = Rows()
    rows.changes("\x1b[1;1Habc\x1b[1;1H")
    assert rows.changes("\x1b[1;1Habc\x1b[2;5H") == "\x1b[2;5H"


def test_what_is_not_made_of_spans_passes_and_is_forgotten() -> None:
    rows = Rows()
    rows.changes("\x1b[1;1Habc\x1b[1;1H")
    odd = "\x1b[1;1Htwo\nlines at once\x1b[1;1H"
    assert rows.changes(odd) == odd
    assert "abc" in rows.changes("\x1b[1;1Habc\x1b[1;1H")
