"""One entry inside the widget: its text, its blocks once it was looked at, and its rows for the present width."""

from textual.content import Content

from codey_tui.tui.widgets.transcript.blocks import Block
from codey_tui.tui.widgets.transcript.document import Document
from codey_tui.tui.widgets.transcript.entry import COLOURS, TITLES, Entry
from codey_tui.tui.widgets.transcript.render import Renderer, Row, trim
from codey_tui.tui.widgets.transcript.text import clean


class Item:
    """An entry with what is known of its picture. `measured` says that the height in the layout is exact."""

    __slots__ = ("_document", "_drawn_by", "_rows", "_starts", "entry", "measured")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.measured = False
        self._document: Document | None = None
        self._rows: list[Row] | None = None
        self._starts: list[tuple[Block, int]] = []  # first row of each block
        self._drawn_by: Renderer | None = None

    def replace(self, entry: Entry) -> None:
        """Take a new state of the entry; blocks before the last are kept if the text only grew."""
        old, self.entry = self.entry, entry
        self._rows = None
        if self._document is None or (entry.text == old.text and entry.role == old.role and entry.title == old.title):
            return
        if entry.role == old.role and entry.title == old.title and entry.text.startswith(old.text):
            self._document.grow(entry.text)
        else:
            self._document = None

    def forget(self) -> None:
        """Drop everything that can be made again from the text."""
        self._document = None
        self._rows = None
        self._starts = []
        self._drawn_by = None

    @property
    def document(self) -> Document:
        if self._document is None:
            self._document = Document(self.entry)
        return self._document

    def rows(self, renderer: Renderer) -> list[Row]:
        """Title, blocks, one empty row."""
        if self._rows is not None and self._drawn_by is renderer:
            return self._rows
        rows = [self._title(renderer)]
        self._starts = []
        for block in trim(self.document.blocks):
            self._starts.append((block, len(rows)))
            rows += renderer.rows(block)
        rows.append(Row(renderer.line(Content("")), ""))
        self._rows, self._drawn_by = rows, renderer
        return rows

    def block_at(self, row: int) -> tuple[int, float]:
        """The block that holds a row, and how far down in it the row lies (0..1): a place that survives a new width."""
        if self._rows is None:
            return -1, 0.0
        ends = [start for _, start in self._starts[1:]] + [len(self._rows)]
        for number, ((_, start), end) in enumerate(zip(self._starts, ends, strict=False)):
            if start <= row < end:
                return number, (row - start) / (end - start)
        return -1, 0.0

    def row_of(self, number: int, part: float) -> int:
        """The row where `block_at` was, in the present rows."""
        if self._rows is None or not 0 <= number < len(self._starts):
            return 0
        start = self._starts[number][1]
        end = self._starts[number + 1][1] if number + 1 < len(self._starts) else len(self._rows)
        return start + int(part * (end - start))

    def code_blocks(self) -> list[str]:
        """The raw text of every code block."""
        document = self.document
        return [document.code(block) for block in document.blocks if block.kind == "code"]

    def _title(self, renderer: Renderer) -> Row:
        entry = self.entry
        name = clean(entry.title.replace("\n", " ")) or TITLES[entry.role]
        content = Content.styled(name + (" …" if entry.open else ""), f"bold {COLOURS[entry.role]}")
        content = content.truncate(renderer.width, ellipsis=True)
        return Row(renderer.line(content), content.plain)
