"""The commands within a command: what `sudo`, `env`, `timeout`, `xargs`, `find -exec` and `sh -c` really run."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from codey_tui.tools import command_words as words
from codey_tui.tools.command_parser import CannotParse, Simple, Word, parse

ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^]]*\])?\+?=")
MAX_DEPTH = 6
_EXECS = ("-exec", "-execdir", "-ok", "-okdir")


@dataclass(frozen=True)
class Form:
    """A command as it is run: the name without its folder, all its words, and whether the name is known beforehand."""

    base: str
    words: tuple[Word, ...]
    known: bool

    @property
    def name(self) -> str:
        """The name as it was written."""
        return self.words[0].text

    @property
    def rest(self) -> list[str]:
        """The arguments."""
        return [word.text for word in self.words[1:]]


@dataclass(frozen=True)
class Command:
    """One simple command for the rules. `whole` is all of it; `forms` are the commands in it, the one that wraps first.
    `plain`: nothing in it is only known when it runs, nothing is assigned or redirected into a file, and what
    wraps it, if anything, only bounds it."""

    whole: str
    forms: tuple[str, ...]
    plain: bool


def forms_of(simple: Simple) -> list[Form]:
    """A command, and those that it runs by its arguments, each later one within the one before."""
    found: list[Form] = []
    rest = _without_prefix(simple.words)
    if simple.words and simple.words[0].text in ("for", "select", "case"):
        return [Form(":", tuple(simple.words), known=True)]  # the words it goes through, no command
    while rest and len(found) < MAX_DEPTH:
        name = rest[0].text
        known = name in ("[", "[[") or not (rest[0].dynamic or rest[0].glob)
        form = Form(PurePosixPath(name).name.lower(), tuple(rest), known)
        found.append(form)
        rest = _wrapped(form)
    return found


def lines_in(form: Form) -> list[str]:
    """The texts that a command runs as command lines of their own: `sh -c TEXT`, `eval`, `trap`, `watch`, `env -S`."""
    rest = form.rest
    if form.base in words.LINE_OPTIONS:
        return [line for option in words.LINE_OPTIONS[form.base] for line in _values(rest, option)]
    if form.base in ("eval", "watch"):
        return [" ".join(word for word in rest if not word.startswith("-"))]
    if form.base == "trap":
        return [word for word in rest if not word.startswith("-")][:1]
    return []


def commands_in(line: str) -> list[Command]:
    """Every simple command of a line, also of the lines inside it. Raises CannotParse."""
    found: list[Command] = []
    _collect(line, found, 0)
    return found


def _collect(line: str, found: list[Command], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CannotParse("commands are hidden in commands")
    parsed = parse(line)
    for simple in parsed.commands:
        forms = forms_of(simple)
        if not forms:
            continue
        found.append(_command(simple, forms))
        for form in forms:
            for inner in lines_in(form):
                _collect(inner, found, depth + 1)
            if form.base in words.SHELLS:
                for inner in [*simple.documents, *(word.text for op, word in simple.redirections if op == "<<<")]:
                    _collect(inner, found, depth + 1)
    for inner in parsed.nested:
        _collect(inner, found, depth + 1)


def _command(simple: Simple, forms: list[Form]) -> Command:
    everything = [*simple.words, *(word for _, word in simple.redirections)]
    shown = [word.text for word in simple.words if word.text not in words.KEYWORDS]
    shown += [part for operator, word in simple.redirections for part in (operator, word.text)]
    writes = any(">" in op and not _descriptor(word.text) for op, word in simple.redirections)
    bounded = all(form.base in words.BOUNDING for form in forms[:-1])
    dynamic = any(word.dynamic or word.glob for word in everything)
    assigned = any(ASSIGNMENT.match(word.text) for word in simple.words[: len(simple.words) - len(forms[-1].words)])
    return Command(
        whole=" ".join(shown),
        forms=tuple(" ".join([form.base, *form.rest]) for form in forms),
        plain=not (writes or dynamic or assigned) and bounded and not simple.documents,
    )


def _descriptor(target: str) -> bool:
    return target.isdigit() or target in ("-", "/dev/null")


def _without_prefix(items: list[Word]) -> list[Word]:
    """Without the keywords and assignments that stand first."""
    index = 0
    while index < len(items) and (items[index].text in words.KEYWORDS or ASSIGNMENT.match(items[index].text)):
        index += 2 if items[index].text == "function" else 1
    return items[index:]


def _wrapped(form: Form) -> list[Word]:
    """The words of the command that a wrapper runs; none where it is no wrapper."""
    rest = list(form.words[1:])
    if form.base == "find":
        starts = [index for index, word in enumerate(rest) if word.text in _EXECS]
        return rest[starts[0] + 1 :] if starts else []
    wrapper = words.WRAPPERS.get(form.base)
    if wrapper is None:
        return []
    index = 0
    while index < len(rest):
        text = rest[index].text
        if text == "--":
            index += 1
            break
        if text.startswith("-") and len(text) > 1:
            index += 2 if text in wrapper.values else 1
        elif ASSIGNMENT.match(text):
            index += 1
        else:
            break
    return _without_prefix(rest[index + wrapper.operands :])


def _values(rest: list[str], option: str) -> list[str]:
    """The values of an option: `-c TEXT`, `-ec TEXT`, `--command=TEXT`, `--command TEXT`."""
    found: list[str] = []
    for index, word in enumerate(rest):
        following = rest[index + 1 : index + 2]
        if option.startswith("--"):
            if word == option:
                found += following
            elif word.startswith(f"{option}="):
                found.append(word.partition("=")[2])
        elif word.startswith("-") and not word.startswith("--") and option[1] in word[1:]:
            glued = word.partition(option[1])[2]
            found += [glued] if glued and option == "-S" else following
    return found
