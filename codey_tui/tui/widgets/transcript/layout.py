"""Where entries lie: heights in rows, measured or estimated, and the way from a row to an entry and back."""

from bisect import bisect_right
from typing import NamedTuple


class Place(NamedTuple):
    """A row of the transcript that survives changes of height: an entry, by its index, and a row within it."""

    item: int
    row: int


class Heights:
    """Heights of all entries with their running sums, which are mended from the first changed entry on."""

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._ends: list[int] = []
        self._dirty = 0  # sums from here on are stale

    def __len__(self) -> int:
        return len(self._heights)

    def reset(self, heights: list[int]) -> None:
        self._heights = heights
        self._ends = [0] * len(heights)
        self._dirty = 0

    def add(self, height: int) -> None:
        self._heights.append(height)
        self._ends.append(0)
        self._dirty = min(self._dirty, len(self._heights) - 1)

    def get(self, index: int) -> int:
        return self._heights[index]

    def set(self, index: int, height: int) -> None:
        if self._heights[index] != height:
            self._heights[index] = height
            self._dirty = min(self._dirty, index)

    @property
    def total(self) -> int:
        self._mend()
        return self._ends[-1] if self._ends else 0

    def top(self, index: int) -> int:
        """The first row of an entry, counted from the transcript's first."""
        self._mend()
        return self._ends[index - 1] if index else 0

    def locate(self, y: int) -> Place:
        """The entry at row `y`; rows past the end belong to the last entry. There must be one."""
        self._mend()
        index = min(bisect_right(self._ends, max(0, y)), len(self._ends) - 1)
        top = self._ends[index - 1] if index else 0
        return Place(index, max(0, min(y - top, self._heights[index] - 1)))

    def _mend(self) -> None:
        if self._dirty >= len(self._ends):
            return
        total = self._ends[self._dirty - 1] if self._dirty else 0
        heights, ends = self._heights, self._ends
        for index in range(self._dirty, len(ends)):
            total += heights[index]
            ends[index] = total
        self._dirty = len(ends)


def estimate(text: str, width: int) -> int:
    """Rows that a text will take at `width` cells, near enough for a scrollbar: title, lines, wrapping, space below."""
    return 3 + text.count("\n") + len(text) // (2 * max(10, width))
