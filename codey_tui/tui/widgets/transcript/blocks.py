"""The block grammar of the transcript's Markdown: which lines belong together, and what each block is.

A fold over lines. The state between two lines is the last block and the indentation of the open list items, so that
parsing can start again at any block's start: text that streams in costs the open block, not the message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from codey_tui.tui.widgets.transcript.text import clean

Kind = Literal["text", "heading", "code", "item", "quote", "table", "rule", "gap", "plain"]
Context = tuple[int, ...]

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([^`]*)$")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_RULE = re.compile(r"^ {0,3}([-*_])(?:\s*\1){2,}\s*$")
_QUOTE = re.compile(r"^ {0,3}> ?(.*)$")
_ITEM = re.compile(r"^(\s*)([-*+]|\d{1,9}[.)])\s+(\S.*)$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{2,})\s*$")
_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_TASK = re.compile(r"^\[([ xX])\]\s+")


@dataclass(slots=True, eq=False)
class Block:
    """Lines that are shown as one thing. `start` and `end` are character offsets into the message's raw text."""

    kind: Kind
    start: int
    context: Context
    end: int = 0
    lines: list[str] = field(default_factory=list[str])
    info: str = ""  # language of code, marker of an item
    level: int = 0  # of a heading
    indent: int = 0  # cells to the left, from open list items
    closed: bool = False  # code whose closing fence was seen
    cache: Any = None  # whatever the renderer keeps


def parse(text: str, start: int = 0, context: Context = ()) -> list[Block]:
    """Blocks of `text` from the character offset `start` on, where `context` holds the open list items' indents."""
    blocks: list[Block] = []
    fold = _Fold(blocks, context)
    for offset, end, raw in _lines(text, start):
        fold.feed(clean(raw), offset)
        if blocks:
            blocks[-1].end = end
    return blocks


def parse_plain(text: str, info: str | None) -> list[Block]:
    """The whole text as one block: preformatted lines, or code in the language `info`."""
    if not text:
        return []
    kind: Kind = "plain" if info is None else "code"
    block = Block(kind, 0, (), end=len(text), info=info or "")
    block.lines = [clean(raw) for raw in text.removesuffix("\n").split("\n")]
    return [block]


def _lines(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    while start < len(text):
        end = text.find("\n", start)
        if end < 0:
            yield start, len(text), text[start:]
            return
        yield start, end + 1, text[start:end]
        start = end + 1


class _Fold:
    """The state of the fold: the blocks so far and the content indents of the open list items."""

    def __init__(self, blocks: list[Block], context: Context) -> None:
        self.blocks = blocks
        self.context = context
        self.fence = ""  # the opening fence while code is open

    def feed(self, line: str, offset: int) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last is not None and self.fence:
            self._code_line(last, line)
            return
        if not line.strip():
            if last is None or last.kind != "gap":
                self._add("gap", offset)
            return
        if last is not None and self._continues(last, line):
            return
        self._start(line, offset)

    def _code_line(self, block: Block, line: str) -> None:
        stripped = line.strip()
        if len(stripped) >= len(self.fence) and not stripped.strip(self.fence[0]):
            block.closed = True
            self.fence = ""
            return
        margin = block.indent if line[: block.indent].isspace() else 0
        block.lines.append(line[margin:])

    def _continues(self, last: Block, line: str) -> bool:
        if last.kind == "table":
            if "|" in line:
                last.lines.append(line)
                return True
            return False
        if last.kind == "quote":
            if (match := _QUOTE.match(line)) is not None:
                last.lines.append(match[1])
                return True
            return False
        if last.kind not in ("text", "item"):
            return False
        if last.kind == "text" and len(last.lines) == 1:
            if "|" in last.lines[0] and "|" in line and _DELIMITER.match(line):
                last.kind = "table"
                last.lines.append(line)
                return True
            if (match := _SETEXT.match(line)) is not None:
                last.kind, last.level = "heading", 1 if match[1][0] == "=" else 2
                return True
        if _starts_block(line):
            return False
        last.lines.append(line.strip())
        return True

    def _start(self, line: str, offset: int) -> None:
        width = len(line) - len(line.lstrip())
        if (match := _FENCE.match(line)) is not None:
            self._narrow(width)
            block = self._add("code", offset, info=match[3].strip().split(" ")[0])
            block.indent = self._indent()
            self.fence = match[2]
        elif (match := _HEADING.match(line)) is not None:
            self._narrow(0)
            block = self._add("heading", offset, level=len(match[1]))
            block.lines.append(match[2] or "")
        elif _RULE.match(line):
            self._narrow(0)
            self._add("rule", offset)
        elif (match := _QUOTE.match(line)) is not None:
            self._narrow(width)
            self._add("quote", offset).lines.append(match[1])
        elif (match := _ITEM.match(line)) is not None:
            self._item(match, offset)
        else:
            self._narrow(width)
            block = self._add("text", offset)
            block.indent = self._indent()
            block.lines.append(line.strip())

    def _item(self, match: re.Match[str], offset: int) -> None:
        self._narrow(len(match[1]))
        marker, body = match[2], match[3]
        block = self._add("item", offset)
        block.indent = self._indent()
        if (task := _TASK.match(body)) is not None:
            marker, body = ("☐" if task[1] == " " else "☑"), body[task.end() :]
        block.info = "•" if marker in "-*+" else marker
        block.lines.append(body)
        self.context = (*self.context, len(match[1]) + len(match[2]) + 1)

    def _add(self, kind: Kind, offset: int, *, info: str = "", level: int = 0) -> Block:
        block = Block(kind, offset, self.context, info=info, level=level)
        self.blocks.append(block)
        return block

    def _narrow(self, width: int) -> None:
        """Close the list items whose content begins further right than this line does."""
        while self.context and width < self.context[-1]:
            self.context = self.context[:-1]

    def _indent(self) -> int:
        return min(2 * len(self.context), 12)


def _starts_block(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_FENCE, _HEADING, _RULE, _QUOTE, _ITEM))
