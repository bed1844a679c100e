"""Painting over finished rows: the mouse selection and search matches, by character position."""

import re
from bisect import bisect_left

from rich.cells import cell_len
from rich.style import Style as RichStyle
from textual.strip import Strip

Spans = list[tuple[int, int]]


def paint(strip: Strip, text: str, spans: Spans, style: RichStyle) -> Strip:
    """The strip with `style` over the characters of `spans` (sorted, apart), which count in `text`."""
    cuts: list[int] = []
    for start, end in spans:
        start, end = min(start, len(text)), min(end, len(text))
        if start < end:
            cuts += [cell_len(text[:start]), cell_len(text[:end])]
    if not cuts:
        return strip
    pieces = strip.divide([*cuts, strip.cell_length])
    # Before the first cut, between the two cuts of a span, between spans, ...: every second piece is inside.
    return Strip.join([piece.apply_style(style) if number % 2 else piece for number, piece in enumerate(pieces)])


class Search:
    """What is looked for, case-insensitively, in which entries it occurs, and which match is the present one."""

    def __init__(self) -> None:
        self.pattern: re.Pattern[str] | None = None
        self.hits: list[tuple[int, int]] = []  # entry index, number of the match within the entry
        self.at = -1
        self._looked = 0

    def texts_changed(self, count: int) -> bool:
        """Whether there are more or fewer texts than were looked through."""
        return self.pattern is not None and count != self._looked

    def run(self, needle: str, texts: list[str]) -> int:
        """Look through all texts; returns the number of matches."""
        self.pattern = re.compile(re.escape(needle), re.IGNORECASE) if needle else None
        self.hits = []
        self.at = -1
        self._looked = len(texts)
        if self.pattern is not None:
            for index, text in enumerate(texts):
                self.hits += [(index, number) for number, _ in enumerate(self.pattern.finditer(text))]
        return len(self.hits)

    def step(self, direction: int, near: int) -> tuple[int, int] | None:
        """The next or previous hit, around the ends; the first step goes to the hit nearest to the entry `near`."""
        if not self.hits:
            return None
        if self.at < 0:
            at = bisect_left(self.hits, (near, 0))
            self.at = (at if direction > 0 else at - 1) % len(self.hits)
        else:
            self.at = (self.at + direction) % len(self.hits)
        return self.hits[self.at]

    def spans(self, text: str) -> Spans:
        """Where the needle stands in one row."""
        return [match.span() for match in self.pattern.finditer(text)] if self.pattern is not None else []
