"""The geometry half of the transcript: which entries have been measured, where the reader is, and what row lies where."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from codey_tui.tui.widgets.transcript.entry import Entry
from codey_tui.tui.widgets.transcript.layout import Heights, Place, estimate

if TYPE_CHECKING:
    from codey_tui.tui.widgets.transcript.item import Item
    from codey_tui.tui.widgets.transcript.render import Renderer, Row

KEPT = 96  # entries whose rows are kept; a row costs about 2 kB


class Picture:
    """All entries with their heights at one width. Rows are made when asked for and kept for the entries last seen."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.index: dict[str, int] = {}
        self.heights = Heights()
        self.place = Place(0, 0)  # the row at the top of the screen
        self.renderer: Renderer | None = None
        self._seen: OrderedDict[int, None] = OrderedDict()

    def load(self, entries: list[Entry], width: int) -> None:
        """Show these entries instead of what there is. Keys are unique; of two entries with one key the later wins."""
        unique = {entry.key: entry for entry in entries}
        self.items = [_item(entry) for entry in unique.values()]
        self.index = {key: number for number, key in enumerate(unique)}
        self._seen.clear()
        self.heights.reset([estimate(item.entry.text, width) for item in self.items])
        self.place = Place(0, 0)

    def add(self, entry: Entry, width: int) -> int:
        """A new entry at the end; returns its index."""
        self.index[entry.key] = len(self.items)
        self.items.append(_item(entry))
        self.heights.add(estimate(entry.text, width))
        return len(self.items) - 1

    def change(self, index: int, entry: Entry, width: int) -> None:
        """A new state of an entry. Its height becomes an estimate until it is measured."""
        item = self.items[index]
        item.replace(entry)
        item.measured = False
        if index not in self._seen:
            self.heights.set(index, estimate(entry.text, width))

    def redraw_at(self, renderer: "Renderer") -> None:
        """Draw with another renderer from now on. A new width makes every height an estimate again, but the reader
        stays at the same block."""
        old, self.renderer = self.renderer, renderer
        if old is None or old.width == renderer.width or not self.items:
            return
        here, row = self.place
        number, part = self.items[here].block_at(row)
        for item in self.items:
            item.measured = False
        self.heights.reset([estimate(item.entry.text, renderer.width) for item in self.items])
        self.measure(here)
        self.place = Place(here, self.items[here].row_of(number, part))

    def rows(self, index: int) -> "list[Row]":
        """The rows of an entry; needs a renderer."""
        assert self.renderer is not None, "rows were asked for before there was a width"
        self._seen[index] = None
        self._seen.move_to_end(index)
        while len(self._seen) > KEPT:
            self.items[self._seen.popitem(last=False)[0]].forget()
        return self.items[index].rows(self.renderer)

    def measure(self, index: int) -> int:
        """The exact height of an entry."""
        item = self.items[index]
        if not item.measured:
            self.heights.set(index, len(self.rows(index)))
            item.measured = True
        return self.heights.get(index)

    def row(self, y: int) -> "tuple[int, int, Row] | None":
        """Entry, row within it and the row itself at row `y` of the whole; None below the end."""
        if not 0 <= y < self.heights.total:
            return None
        index, within = self.heights.locate(y)
        rows = self.rows(index)
        return (index, within, rows[within]) if within < len(rows) else None

    def walk(self, delta: int) -> None:
        """Move the place by rows, measuring what it passes, so that what was on the screen moves by just as much."""
        index, row = self.place
        row += delta
        while row < 0 and index > 0:
            index -= 1
            row += self.measure(index)
        while index < len(self.items) - 1 and row >= self.measure(index):
            row -= self.heights.get(index)
            index += 1
        self.place = Place(index, max(0, row))

    def settle(self, height: int, follow: bool) -> int:
        """Measure what a screen of `height` rows shows at the place, or at the end. Returns the row at its top."""
        if not self.items:
            return 0
        if not follow and self._fill_down(height):
            return self.heights.top(self.place.item) + self.place.row
        index, need = len(self.items), height
        while index > 0 and need > 0:
            index -= 1
            need -= self.measure(index)
        top = max(0, self.heights.total - height)
        self.place = self.heights.locate(top)
        return top

    def _fill_down(self, height: int) -> bool:
        """Measure from the place on; False if the end comes before the screen is full."""
        index, row = self.place
        need = height + min(row, self.measure(index) - 1)
        self.place = Place(index, need - height)
        while index < len(self.items) and need > 0:
            need -= self.measure(index)
            index += 1
        return need <= 0


def _item(entry: Entry) -> "Item":
    from codey_tui.tui.widgets.transcript.item import (
        Item,
    )  # with all of Markdown: not before there is something to show

    return Item(entry)
