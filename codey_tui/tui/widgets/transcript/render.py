"""Blocks to rows: each block is wrapped and styled once for a width and a theme, and keeps its rows until it changes."""

from collections.abc import Iterable
from itertools import count
from typing import Literal, NamedTuple

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from codey_tui.tui.widgets.transcript.blocks import Block, parse
from codey_tui.tui.widgets.transcript.code import CodeLines
from codey_tui.tui.widgets.transcript.inline import inline
from codey_tui.tui.widgets.transcript.table import table_lines

HEADINGS = ("bold underline $text-primary", "bold $text-primary", "bold $text-secondary")
MARKER = "$text-primary"
QUOTE_BAR = "$text-muted"
QUOTE_DEPTH = 4
CODE_PANEL = "$text on $panel"
CODE_LABEL = "$text-muted on $panel"

Joint = Literal["\n", " ", ""]


class Row(NamedTuple):
    """One row on the screen: what is drawn, what it says, and what stood in the text between it and the next row."""

    strip: Strip
    text: str
    joint: Joint = "\n"


class _Kept(NamedTuple):
    key: tuple[object, ...]
    rows: list[Row]
    code: CodeLines | None
    shown: list[tuple[Content, list[Row]]]


class Renderer:
    """Draws blocks at one width in one theme. Make a new one when either changes."""

    _numbers = count()

    def __init__(self, width: int, base: Style) -> None:
        self.width = max(8, width)
        self.base = base
        self._number = next(self._numbers)
        self._styles: dict[str | Style, Style] = {}

    def style(self, name: str | Style) -> Style:
        """A style by its theme variables, looked up once."""
        if isinstance(name, Style):
            return name
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = Style.parse(name)
        return found

    def rows(self, block: Block) -> list[Row]:
        """The rows of a block, from its cache where it has not changed."""
        key = (self._number, block.kind, block.info, block.end, block.closed, block.level, block.indent)
        kept = block.cache if isinstance(block.cache, _Kept) else None
        if kept is not None and kept.key == key:
            return kept.rows
        if block.kind == "code":
            block.cache = self._code(block, key, kept)
        else:
            block.cache = _Kept(key, self._draw(block), None, [])
        return block.cache.rows

    def line(self, content: Content, base: str = "", pad: bool = True) -> Strip:
        """One line that already fits, drawn over the base style (and `base` over that)."""
        under = self.base + self.style(base) if base else self.base
        segments = [
            Segment(text, style.rich_style)
            for text, style in content.render(under, end="", parse_style=self.style)
            if text
        ]
        length = content.cell_length
        if pad and length < self.width:
            segments.append(Segment(" " * (self.width - length), under.background_style.rich_style))
            length = self.width
        return Strip(segments, length)

    def _draw(self, block: Block) -> list[Row]:
        match block.kind:
            case "gap":
                return [self._row(Content(""))]
            case "rule":
                return [self._row(Content.styled("─" * self.width, QUOTE_BAR))]
            case "heading":
                style = HEADINGS[min(block.level, len(HEADINGS)) - 1]
                return self._wrapped([inline(line).stylize(style) for line in block.lines])
            case "table":
                return [self._row(line) for line in table_lines(block.lines, self.width)]
            case "quote":
                return self._quote(block)
            case "item":
                mark = " " * block.indent + block.info + " "
                first = Content.styled(mark, MARKER)
                return self._wrapped([inline(line) for line in block.lines], first, Content(" " * first.cell_length))
            case "plain":
                return [row for line in block.lines for row in self._folded(Content(line), "")]
            case _:
                margin = Content(" " * block.indent)
                return self._wrapped([inline(line) for line in block.lines], margin, margin)

    def _row(self, content: Content, joint: Joint = "\n", base: str = "") -> Row:
        return Row(self.line(content, base), content.plain, joint)

    def _wrapped(
        self, lines: Iterable[Content], first: Content | None = None, rest: Content | None = None
    ) -> list[Row]:
        """Lines wrapped at words, with `first` before the first row and `rest` (the hanging indent) before all others."""
        rows: list[Row] = []
        margin = rest.cell_length if rest is not None else 0
        for line in lines:
            wrapped = line.wrap(max(4, self.width - margin)) or [Content("")]
            for index, part in enumerate(wrapped):
                lead = rest if rows else first
                content = part if lead is None else lead + part
                rows.append(self._row(content, "\n" if index == len(wrapped) - 1 else " "))
        return rows

    def _folded(self, line: Content, base: str) -> list[Row]:
        """A preformatted line, cut where the width ends."""
        if line.cell_length <= self.width:
            return [self._row(line, base=base)]
        parts = line.fold(self.width)
        return [self._row(part, "" if index < len(parts) - 1 else "\n", base) for index, part in enumerate(parts)]

    def _quote(self, block: Block, depth: int = 1) -> list[Row]:
        inner = Renderer(self.width - 2, self.base + self.style("italic $text-muted"))
        bar = self.line(Content.styled("▎ ", QUOTE_BAR), pad=False)
        blocks = trim(parse("\n".join(block.lines)))
        rows: list[Row] = []
        for child in blocks:
            if child.kind == "quote" and depth < QUOTE_DEPTH and inner.width > 8:
                rows += inner._quote(child, depth + 1)
            else:
                rows += inner.rows(child)
        return [Row(Strip.join([bar, row.strip]), "▎ " + row.text, row.joint) for row in rows]

    def _code(self, block: Block, key: tuple[object, ...], kept: _Kept | None) -> _Kept:
        """Code on a panel; lines that are the same as before keep their rows."""
        known = kept.code if kept is not None and kept.key[:3] == key[:3] else None
        code = known or CodeLines(block.info)
        before = kept.shown if kept is not None and known is not None else []
        margin = " " * block.indent
        rows = [self._row(Content(f"{margin}{block.info}"), base=CODE_LABEL)] if block.info else []
        shown: list[tuple[Content, list[Row]]] = []
        for index, line in enumerate(code.lines(block.lines, block.closed)):
            drawn = before[index] if index < len(before) and before[index][0].is_same(line) else None
            if drawn is None:
                drawn = (line, self._folded(Content(margin) + line, CODE_PANEL))
            shown.append(drawn)
            rows += drawn[1]
        return _Kept(key, rows, code, shown)


def trim(blocks: list[Block]) -> list[Block]:
    """Blocks without the empty lines before the first and after the last."""
    start, end = 0, len(blocks)
    while start < end and blocks[start].kind == "gap":
        start += 1
    while end > start and blocks[end - 1].kind == "gap":
        end -= 1
    return blocks[start:end]
