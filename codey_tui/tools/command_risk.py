"""How risky a command line is, judged by taking it apart as a shell would.

This helps a person to decide and is no wall: a program can do more than its name says, so the sandbox is what holds.
What cannot be taken apart counts as dangerous.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from codey_tui.protocol.actions import Risk
from codey_tui.tools import command_words as words
from codey_tui.tools.command_forms import ASSIGNMENT, MAX_DEPTH, Form, forms_of, lines_in
from codey_tui.tools.command_git import judge_git, only_reads_git, uses_network
from codey_tui.tools.command_parser import CannotParse, Simple, Word, parse
from codey_tui.tools.command_paths import HARMLESS_TARGETS, PathJudge, has_long, short_flags

_FORK_BOMB = re.compile(r"([^\s;()|&]+)\s*\(\)\s*\{[^}]*\1\s*\|\s*\1")


class _Findings:
    """What was found in a command line and in those inside it."""

    def __init__(self) -> None:
        self.dangers: list[str] = []
        self.runs: list[str] = []
        self.touches: list[str] = []
        self.secrets: list[str] = []
        self.words: list[str] = []
        self.names: set[str] = set()
        self.network = False
        self.installs = False
        self.fetches = False

    def danger(self, text: str) -> None:
        if text not in self.dangers:
            self.dangers.append(text)


def assess_command(command: str, workspace: Path) -> Risk:
    """The risk of a command line: `execute` or `dangerous`, with one sentence that says why, the paths it names outside of
    the workspace, and whether it is of little use without the network."""
    found = _findings(command, workspace)
    if found.names & words.DOWNLOADERS and found.names & words.INTERPRETERS:
        found.danger("may run what it downloads")
    touches = tuple(dict.fromkeys(found.touches))
    network = found.network or found.fetches
    if found.dangers:
        return Risk(level="dangerous", reason=f"It {_listed(found.dangers)}.", touches=touches, network=network)
    return Risk(level="execute", reason=_plain_reason(found), touches=touches, network=network)


@dataclass(frozen=True)
class Named:
    """What a command line names: every word that may be a path, those outside of the workspace, and those that look
    like secrets."""

    words: tuple[str, ...]
    outside: tuple[str, ...]
    secrets: tuple[str, ...]


def named_paths(command: str, workspace: Path) -> Named:
    """The paths that a command line names, as far as they are known before it runs."""
    found = _findings(command, workspace)
    parts = (found.words, found.touches, found.secrets)
    return Named(*(tuple(dict.fromkeys(part)) for part in parts))


def _findings(command: str, workspace: Path) -> _Findings:
    found = _Findings()
    if _FORK_BOMB.search(command):
        found.danger("starts itself without end")
    _judge(command, PathJudge(Path(os.path.realpath(workspace))), found, 0)
    return found


def _plain_reason(found: _Findings) -> str:
    runs = list(dict.fromkeys(found.runs))
    if found.installs:
        return f"Runs {_listed(runs)}, which installs or runs software of others."
    if found.network:
        return f"Runs {_listed(runs)}, which uses the network."
    if runs:
        return f"Runs {_listed(runs)}."
    return "Reads outside of the workspace." if found.touches else "Only reads."


def _listed(items: list[str]) -> str:
    shown = items[:4] + (["more"] if len(items) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _judge(command: str, paths: PathJudge, found: _Findings, depth: int) -> None:
    if depth > MAX_DEPTH:
        found.danger("hides commands in commands")
        return
    try:
        parsed = parse(command)
    except CannotParse:
        found.danger("cannot be taken apart: a quotation mark or bracket is left open")
        return
    for inner in parsed.nested:
        _judge(inner, paths, found, depth + 1)
    for simple in parsed.commands:
        paths.step(simple.before)
        _judge_simple(simple, paths, found, depth)


def _judge_simple(simple: Simple, paths: PathJudge, found: _Findings, depth: int) -> None:
    _judge_assignments(simple.words, found)
    for operator, target in simple.redirections:
        _judge_redirection(operator, target, paths, found)
    forms = forms_of(simple)
    for index, form in enumerate(forms):
        found.names.add(form.base)
        if not form.known:
            found.danger("runs a command whose name is not known before it runs")
        _judge_name(form, found)
        if form.base in words.INTERPRETERS:
            _judge_interpreter(form, simple, found)
        for line in lines_in(form):
            _judge(line, paths, found, depth + 1)
        if form.base in words.SHELLS:
            for line in [*simple.documents, *(word.text for op, word in simple.redirections if op == "<<<")]:
                _judge(line, paths, found, depth + 1)
        inner = index + 1 < len(forms)
        if not inner:
            _judge_paths(form, paths, found)
        if not _only_reads(form, wraps=inner):
            found.runs.append(form.base)
        found.network = found.network or form.base in words.NETWORK or (form.base == "git" and uses_network(form.rest))
        found.installs = found.installs or form.base in words.INSTALLERS or form.rest[:3] == ["-m", "pip", "install"]
        found.fetches = found.fetches or _fetches(form)
    if forms and forms[0].base in ("cd", "pushd"):
        paths.enter(forms[0].words[1:])


def _judge_assignments(items: list[Word], found: _Findings) -> None:
    for word in items:
        if word.text in words.KEYWORDS or word.text.startswith("-") or word.text in words.WRAPPERS:
            continue
        if not ASSIGNMENT.match(word.text):
            if word.text not in ("export", "declare", "typeset", "readonly", "local"):
                return
            continue
        name = re.split(r"[\[+=]", word.text, maxsplit=1)[0]
        if name in words.TRUSTED_VARIABLES or name.startswith(words.TRUSTED_PREFIXES):
            found.danger(f"sets {name}, by which other programs choose what they run")


def _judge_name(form: Form, found: _Findings) -> None:
    base, rest = form.base, form.rest
    flags = short_flags(rest)
    if base in words.DANGEROUS or base.startswith("mkfs"):
        found.danger(words.DANGEROUS.get(base, "erases disks"))
    if base == "rm" and (flags & {"r", "R"} or has_long(rest, "--recursive")):
        found.danger("deletes whole folders")
    if base == "rm" and any(word.dynamic and not word.quoted for word in form.words[1:]):
        found.danger("deletes what is not known before it runs")
    if base in ("chmod", "chown", "chgrp") and ("R" in flags or has_long(rest, "--recursive")):
        found.danger("changes the rights of whole folders")
    if base == "find" and {"-delete", "-exec", "-execdir", "-ok", "-okdir"}.intersection(rest):
        found.danger("deletes or runs something for every file it finds")
    if base == "rg" and has_long(rest, "--pre", "--hostname-bin"):
        found.danger("runs a program for every file it finds")
    if base == "git":
        for danger in judge_git(form.words[1:]):
            found.danger(danger)


def _judge_interpreter(form: Form, simple: Simple, found: _Findings) -> None:
    """A program that comes through a pipe or from a text that is put together is not to be judged at all."""
    rest = form.rest
    base = form.base
    if base not in words.SHELLS:
        named = [word for word in rest if not word.startswith("-") or word == "-c"]
        if simple.before in ("|", "|&") and not named:
            found.danger(f"feeds text into {base} as a program")
        return
    option = next((index for index, word in enumerate(rest) if _is_command_option(word)), None)
    if option is not None:
        if any(word.dynamic for word in form.words[1 + option :]):
            found.danger(f"feeds text into {base} as a program")
    elif all(word.startswith("-") for word in rest):
        fed = any(op in ("<", "<<<", "<>", "<&") for op, _ in simple.redirections) or simple.documents
        if simple.before in ("|", "|&") or fed:
            found.danger(f"feeds text into {base} as a program")


def _fetches(form: Form) -> bool:
    """Whether an installer is told to get something: `npm ci` is, `npm test` is not."""
    module = form.rest[:2] == ["-m", "pip"]
    if not module and form.base not in words.INSTALLERS:
        return False
    operands = [word for word in form.rest[2 if module else 0 :] if not word.startswith("-")]
    if operands[:1] and operands[0] in words.FETCHING_GROUPS:
        del operands[0]
    return form.base in words.ALWAYS_FETCHING or bool(words.FETCHING.intersection(operands[:1]))


def _is_command_option(word: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and "c" in word[1:]


def _judge_paths(form: Form, paths: PathJudge, found: _Findings) -> None:
    if "/" in form.name and not paths.is_program(form.name):
        found.touches += paths.outside(form.words[0])
    for word in form.words[1:]:
        found.words.append(word.text)
        _judge_secrets(word, paths, found)
        outside = paths.outside(word)
        found.touches += outside
        if form.base in words.CHANGERS:
            for value in outside:
                found.danger(f"changes {value}, which is outside of the workspace")


def _judge_secrets(word: Word, paths: PathJudge, found: _Findings) -> None:
    for secret in paths.secrets(word):
        found.secrets.append(secret)
        found.danger(f"names {secret}, which looks like a file of passwords or keys")


def _judge_redirection(operator: str, word: Word, paths: PathJudge, found: _Findings) -> None:
    target = word.text
    if operator in ("<<<", "<<", "<<-") or target in HARMLESS_TARGETS or target == "-":
        return
    if target.startswith(("/dev/tcp/", "/dev/udp/")):
        found.network = True
        found.runs.append("a connection")
        return
    outside = paths.outside(word)
    found.touches += outside
    found.words.append(target)
    if ">" not in operator:
        _judge_secrets(word, paths, found)
        return
    if target.isdigit() and operator == ">&":
        return
    if outside or word.dynamic:
        if not outside:
            found.touches.append(target)
        found.danger(f"writes to {target}, which is outside of the workspace")
    elif (secrets := paths.secrets(word)) or paths.is_trusted(target):
        found.secrets += secrets
        found.danger(f"writes to {target}, which other programs trust")
    else:
        found.runs.append(f"a command that writes {target}")


def _only_reads(form: Form, *, wraps: bool) -> bool:
    base, rest = form.base, form.rest
    if wraps and base in words.CLEAR_WRAPPERS:
        return True
    if base == "git":
        return only_reads_git(form.words[1:])
    if base == "find":
        return not any(word.startswith(("-delete", "-exec", "-ok", "-fprint", "-fls")) for word in rest)
    if base == "env":
        return not rest
    operands = [word for word in rest if not word.startswith("-")]
    letters, longs = words.WRITING_OPTIONS.get(base, ("", ()))
    if short_flags(rest) & set(letters) or has_long(rest, *longs):
        return False
    if base == "date":
        return not any(word.isdigit() for word in operands)
    return base in words.READERS and len(operands) <= words.MOST_OPERANDS.get(base, len(operands))
