"""Syntax highlighting that keeps up with a stream: a long block that is still open is highlighted once a line, from the last place
where the language's state is known, and with each token only the line that grows."""

from textual.content import Content, Span

STRIDE = 64  # lines between two looks for a place to start again
# Languages whose blocks begin with a letter at column 0, where no string, comment or bracket is open.
_RESTARTABLE = frozenset(
    "python py python3 javascript js jsx typescript ts tsx go rust rs java kotlin c cpp c++ csharp c# bash sh shell zsh "
    "ruby rb lua swift sql toml ini".split()
)


class CodeLines:
    """The highlighted lines of one code block. The result depends on the lines alone, not on how they arrived. While the block is
    open, its last line is highlighted by itself, unless what is before runs into it, as a long string does."""

    __slots__ = ("_complete", "_ended", "_runs_on", "frozen", "language", "restart", "seen")

    def __init__(self, language: str) -> None:
        self.language = language.lower()
        self.frozen: list[Content] = []  # highlighted lines before `restart`
        self.restart = 0
        self.seen = 0  # lines up to which a restart was looked for
        self._ended: list[Content] = []  # highlighted lines from `restart` on, without the last one of the block
        self._complete = (0, 0)  # the lines that these are
        self._runs_on = False

    def lines(self, lines: list[str], closed: bool) -> list[Content]:
        """All lines highlighted; `closed` says that none will follow."""
        if closed or self.language not in _RESTARTABLE:
            return _highlight(lines, self.language)
        # The last line may still grow: only the lines before it can be frozen.
        while self.seen + STRIDE < len(lines):
            self._look(lines, self.seen + STRIDE)
        complete = (self.restart, max(self.restart, len(lines) - 1))
        if complete != self._complete:
            shown = _highlight(lines[slice(*complete)], self.language, ends=True)
            self._ended = [content.right_crop(1) for content in shown]
            self._complete = complete
            self._runs_on = bool(shown) and _covers_end(shown[-1])
        if self._runs_on:
            return self.frozen + _highlight(lines[self.restart :], self.language)
        return self.frozen + self._ended + _highlight(lines[complete[1] :], self.language)

    def _look(self, lines: list[str], upto: int) -> None:
        """Freeze what lies before the last line below `upto` that surely starts a new statement at top level."""
        self.seen = upto
        shown = _highlight(lines[self.restart : upto], self.language, ends=True)
        for index in range(len(shown) - 1, 0, -1):
            line = lines[self.restart + index]
            if line[:1].isalpha() and not _covers_end(shown[index - 1]):
                self.frozen += [content.right_crop(1) for content in shown[:index]]
                self.restart += index
                return


def _covers_end(line: Content) -> bool:
    """Whether a token runs over the line's end, as a block comment or a long string does."""
    last = len(line) - 1
    return any(span.start <= last < span.end for span in line.spans)


def _highlight(lines: list[str], language: str, ends: bool = False) -> list[Content]:
    """One Content a line; with `ends` each keeps its newline, so that tokens running over it can be told."""
    from textual.highlight import highlight  # imports Pygments: only once there is code to show

    text = "\n".join(lines)
    content = highlight(text, language=language or "text", tab_size=4)
    # `highlight` lays one style below all; it is the renderer's to do that.
    spans = [span for span in content.spans if span.style != "$text"]
    # Trailing newlines may be missing but nothing else; where a lexer changed more, colours would be at wrong places.
    if content.plain.rstrip("\n") != text.rstrip("\n"):
        spans = []
    return _split(lines, spans, 1 if ends else 0)


def _split(lines: list[str], spans: list[Span], extra: int) -> list[Content]:
    """Cut spans over the whole text into lines; a span that crosses lines is cut too. Spans come in order."""
    out: list[Content] = []
    offset = index = 0
    for line in lines:
        end = offset + len(line)
        while index < len(spans) and spans[index].end <= offset:
            index += 1
        mine: list[Span] = []
        look = index
        while look < len(spans) and spans[look].start < end + extra:
            start, stop, style = spans[look]
            mine.append(Span(max(start, offset) - offset, min(stop, end + extra) - offset, style))
            look += 1
        out.append(Content(line + "\n" * extra, [span for span in mine if span.end > span.start]))
        offset = end + 1
    return out
