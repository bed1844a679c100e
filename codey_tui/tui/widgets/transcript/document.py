"""A message as a growing document: raw text, its blocks, and the blocks that a longer text leaves untouched."""

from codey_tui.tui.widgets.transcript.blocks import Block, parse, parse_plain
from codey_tui.tui.widgets.transcript.entry import Entry, Role

_FENCES = ("```", "~~~")
_MARKDOWN_ROLES = ("user", "assistant", "system")


class Document:
    """The blocks of one entry's text. `blocks` may be read at any time; `grow` replaces only those that can change."""

    __slots__ = ("blocks", "language", "role", "text", "_markdown")

    def __init__(self, entry: Entry) -> None:
        self.role: Role = entry.role
        self.language = entry.title.rpartition(".")[2].strip() if "." in entry.title else "text"
        self.text = ""
        self.blocks: list[Block] = []
        self._markdown = True
        self.grow(entry.text)

    def grow(self, text: str) -> None:
        """Set the text to a longer one that starts with the present one."""
        old, self.text = self.text, text
        if self.role not in _MARKDOWN_ROLES and not text.startswith(_FENCES):
            self._grow_plain()
            return
        if not self._markdown:
            self._markdown, self.blocks, old = True, [], ""
        unfinished = old.rfind("\n") + 1
        kept = len(self.blocks)
        # Blocks that began at the unfinished last line may turn out to be part of the block before.
        while kept and self.blocks[kept - 1].start >= unfinished:
            kept -= 1
        kept = max(0, kept - 1)
        start, context = (self.blocks[kept].start, self.blocks[kept].context) if kept < len(self.blocks) else (0, ())
        fresh = parse(text, start, context)
        _hand_on(self.blocks[kept:], fresh)
        self.blocks[kept:] = fresh

    def _grow_plain(self) -> None:
        self._markdown = False
        fresh = parse_plain(self.text, self.language if self.role == "file" else None)
        _hand_on(self.blocks, fresh)
        self.blocks = fresh

    def code(self, block: Block) -> str:
        """The raw text of a code block, tabs and all, without its fences."""
        raw = self.text[block.start : block.end]
        if not self._markdown:
            return raw
        lines = raw.split("\n")
        if lines and not lines[-1]:
            lines.pop()
        lines = lines[1 : -1 if block.closed else None]
        margin = block.indent
        return "\n".join(line[margin:] if line[:margin].isspace() else line for line in lines) + "\n"


def _hand_on(old: list[Block], new: list[Block]) -> None:
    """Let blocks that are still the same thing keep what the renderer knows of them."""
    for before, after in zip(old, new, strict=False):
        if before.start == after.start and before.kind == after.kind:
            after.cache = before.cache
