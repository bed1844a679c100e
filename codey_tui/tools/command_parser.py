"""Takes a command line apart as a POSIX shell and bash do: words with their quotes resolved, redirections, nested commands.

It expands nothing: what a variable, a substitution or a pattern will be is not known before the line runs, and is marked so.
"""

from dataclasses import dataclass, field

_OPERATORS = (";;&", "&&", "||", "|&", ";;", ";&", ";", "&", "|", "(", ")", "\n")
_REDIRECTIONS = ("&>>", "<<<", "<<-", "&>", ">>", ">|", "<<", "<>", ">&", "<&", ">", "<")
_GLOBS = "*?["
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}


class CannotParse(ValueError):
    """A quotation mark, a bracket or a here-document is left open."""


@dataclass
class Word:
    """A word with its quotes resolved. `dynamic`: part of it is only known when it runs. `glob`: it may become other
    words that fit it as a pattern, or that its braces spell."""

    text: str = ""
    dynamic: bool = False
    glob: bool = False
    quoted: bool = False


@dataclass
class Simple:
    """A command with its arguments. `before` is the operator that precedes it; `redirections` are (operator, target)."""

    before: str
    words: list[Word] = field(default_factory=list[Word])
    redirections: list[tuple[str, Word]] = field(default_factory=list[tuple[str, Word]])
    documents: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Parsed:
    """The simple commands of a line in their order, and the texts of the substitutions in it, each a line by itself."""

    commands: tuple[Simple, ...]
    nested: tuple[str, ...]


def parse(line: str) -> Parsed:
    """Take a line apart. Raises CannotParse."""
    return _Reader(line).read()


class _Reader:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\\\n", "")
        self._at = 0
        self._done: list[Simple] = []
        self._nested: list[str] = []
        self._now = Simple("")
        self._word: Word | None = None
        self._redirection = ""
        self._awaited: list[tuple[Simple, str, bool, bool]] = []  # here-documents: owner, end, tabs stripped, verbatim

    def read(self) -> Parsed:
        while self._at < len(self._text):
            self._step(self._text[self._at])
        self._end_word()
        self._end_command("")
        if self._awaited:
            raise CannotParse("a here-document has no end")
        return Parsed(tuple(self._done), tuple(self._nested))

    def read_text(self) -> list[str]:
        """The substitutions, the whole being text as within double quotes."""
        self._double("")
        return self._nested

    def _step(self, char: str) -> None:
        if char in " \t\r":
            self._end_word()
            self._at += 1
        elif char == "#" and self._word is None:
            end = self._text.find("\n", self._at)
            self._at = end if end >= 0 else len(self._text)
        elif char in "<>" and self._text.startswith("(", self._at + 1):
            self._at += 1
            self._nested.append(self._bracketed("(", ")"))
            self._take("", dynamic=True)
        elif self._in_test() and char in "<>()&|":
            self._take(char)
            self._at += 1
        elif operator := self._starts(_REDIRECTIONS):
            self._begin_redirection(operator)
        elif operator := self._starts(_OPERATORS):
            self._at += len(operator)
            self._end_word()
            self._end_command(operator)
            if operator == "\n":
                self._read_documents()
        else:
            self._piece(char)

    def _piece(self, char: str) -> None:
        """One part of a word."""
        if char == "'":
            self._take(self._until("'"), quoted=True)
        elif char == '"':
            self._at += 1
            self._double('"')
        elif char == "\\":
            self._take(self._text[self._at + 1 : self._at + 2], quoted=True)
            self._at += 2
        elif char in "$`":
            self._expansion(char)
        else:
            brace = char == "{" and self._brace_follows()
            self._take(char, glob=char in _GLOBS or brace or (char == "~" and self._word is None))
            self._at += 1

    def _double(self, end: str) -> None:
        """The inside of double quotes; with an empty `end` to the end of the text."""
        self._take("", quoted=True)
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == end:
                self._at += 1
                return
            if char == "\\":
                following = self._text[self._at + 1 : self._at + 2]
                self._take(following if following in ('"', "\\", "$", "`") else f"\\{following}")
                self._at += 2
            elif char in "$`":
                self._expansion(char, quoted=True)
            else:
                self._take(char)
                self._at += 1
        if end:
            raise CannotParse("a quotation mark is left open")

    def _expansion(self, char: str, *, quoted: bool = False) -> None:
        text, at = self._text, self._at
        if char == "`":
            inner = self._until("`", escapes=True)
            self._nested.append(inner.replace("\\`", "`").replace("\\\\", "\\").replace("\\$", "$"))
            self._take("", dynamic=True)
        elif text.startswith("$'", at) and not quoted:
            self._at += 1
            self._take(_ansi(self._until("'", escapes=True)), quoted=True)
        elif text.startswith('$"', at) and not quoted:
            self._at += 2
            self._double('"')
        elif text.startswith("$(", at):
            self._at += 1
            inner = self._bracketed("(", ")")
            if inner.startswith("(") and inner.endswith(")"):
                self._nested += parse_text(inner[1:-1])
            else:
                self._nested.append(inner)
            self._take("", dynamic=True)
        elif text.startswith("${", at):
            self._at += 1
            inner = self._bracketed("{", "}")
            self._nested += parse_text(inner)
            self._take("${" + inner + "}", dynamic=True)
        else:
            following = text[at + 1 : at + 2]
            self._take("$", dynamic=following.isalnum() or following in ("_", "@", "*", "#", "?", "$", "!", "-"))
            self._at += 1

    def _bracketed(self, opening: str, closing: str) -> str:
        """The text between brackets, the first of which stands here; quotes and nested brackets are heeded."""
        start, depth = self._at + 1, 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "\\":
                self._at += 2
                continue
            if char == "'" and opening == "(":
                self._until("'")
                continue
            if char == '"':
                self._skip_double()
                continue
            depth += (char == opening) - (char == closing)
            self._at += 1
            if depth == 0:
                return self._text[start : self._at - 1]
        raise CannotParse("a bracket is left open")

    def _skip_double(self) -> None:
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != '"':
            if self._text.startswith("$(", self._at):
                self._at += 1
                self._bracketed("(", ")")
            else:
                self._at += 2 if self._text[self._at] == "\\" else 1
        if self._at >= len(self._text):
            raise CannotParse("a quotation mark is left open")
        self._at += 1

    def _until(self, mark: str, *, escapes: bool = False) -> str:
        """The text up to the next `mark`; the mark that opens stands here."""
        start = self._at = self._at + 1
        while self._at < len(self._text) and self._text[self._at] != mark:
            self._at += 2 if escapes and self._text[self._at] == "\\" else 1
        if self._at >= len(self._text):
            raise CannotParse("a quotation mark is left open")
        self._at += 1
        return self._text[start : self._at - 1]

    def _brace_follows(self) -> bool:
        end = self._text.find("}", self._at)
        inner = self._text[self._at + 1 : end] if end >= 0 else ""
        return ("," in inner or ".." in inner) and not set(inner) & set(" \t\n;|&")

    def _starts(self, table: tuple[str, ...]) -> str:
        return next((operator for operator in table if self._text.startswith(operator, self._at)), "")

    def _in_test(self) -> bool:
        return bool(self._now.words) and self._now.words[0].text == "[[" and self._now.words[-1].text != "]]"

    def _take(self, text: str, *, dynamic: bool = False, glob: bool = False, quoted: bool = False) -> None:
        if self._word is None:
            self._word = Word()
        word = self._word
        word.text += text
        word.dynamic, word.glob, word.quoted = word.dynamic or dynamic, word.glob or glob, word.quoted or quoted

    def _begin_redirection(self, operator: str) -> None:
        word = self._word
        descriptor = word is not None and not word.quoted and (word.text.isdigit() or word.text.startswith("{"))
        if descriptor:
            self._word = None
        self._end_word()
        self._redirection = operator
        self._at += len(operator)

    def _end_word(self) -> None:
        word, self._word = self._word, None
        if word is None:
            return
        if not self._redirection:
            self._now.words.append(word)
            return
        operator, self._redirection = self._redirection, ""
        if operator in ("<<", "<<-"):
            self._awaited.append((self._now, word.text, operator == "<<-", word.quoted))
        else:
            self._now.redirections.append((operator, word))

    def _end_command(self, operator: str) -> None:
        if self._redirection:
            raise CannotParse("a redirection has no target")
        if self._now.words or self._now.redirections or any(owner is self._now for owner, *_ in self._awaited):
            self._done.append(self._now)
            self._now = Simple(operator)
        elif operator:
            self._now.before = operator if not self._now.before or operator.strip() else self._now.before

    def _read_documents(self) -> None:
        """The bodies of the here-documents that the line before announced."""
        for owner, end, stripped, verbatim in self._awaited:
            lines: list[str] = []
            while True:
                if self._at >= len(self._text):
                    raise CannotParse("a here-document has no end")
                stop = self._text.find("\n", self._at)
                stop = stop if stop >= 0 else len(self._text)
                line = self._text[self._at : stop]
                self._at = stop + 1
                if (line.lstrip("\t") if stripped else line) == end:
                    break
                lines.append(line)
            body = "\n".join(lines)
            owner.documents.append(body)
            if not verbatim:
                self._nested += parse_text(body)
        self._awaited.clear()


def parse_text(text: str) -> list[str]:
    """The substitutions in a text that the shell expands as within double quotes."""
    return _Reader(text).read_text()


def _ansi(text: str) -> str:
    r"""The meaning of $'...': \n, \x41, \101, \u00e9."""
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char != "\\" or not following:
            out.append(char)
            at += 1
            continue
        base, width, start = 16, {"x": 2, "u": 4, "U": 8}.get(following, 0), at + 2
        if not width and following in "01234567":
            base, width, start = 8, 3, at + 1
        digits = ""
        while len(digits) < width and text[start + len(digits) : start + len(digits) + 1] in _DIGITS[base]:
            digits += text[start + len(digits)]
        if digits and (code := int(digits, base)) < 0x110000:
            out.append(chr(code))
            at = start + len(digits)
        else:
            out.append(_ESCAPES.get(following, following))
            at += 2
    return "".join(out)


_DIGITS = {8: tuple("01234567"), 16: tuple("0123456789abcdefABCDEF")}
