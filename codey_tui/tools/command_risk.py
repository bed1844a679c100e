"""How risky a command line is, judged by taking it apart as a shell would.

This helps a person to decide and is no wall: a program can do more than its name says, so the sandbox is what holds.
What cannot be taken apart counts as dangerous.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from codey_tui.protocol.actions import Risk
from codey_tui.tools import command_words as words
from codey_tui.tools.places import is_secret

_PUNCTUATION = "();<>|&\n"
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_SUBSTITUTION = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`|[<>]\(([^()]*)\)")
_FORK_BOMB = re.compile(r"([^\s;()|&]+)\s*\(\)\s*\{[^}]*\1\s*\|\s*\1")
_HARMLESS_TARGETS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"})
_MAX_DEPTH = 6


class _Findings:
    """What was found in a command line and in those inside it."""

    def __init__(self) -> None:
        self.dangers: list[str] = []
        self.runs: list[str] = []
        self.touches: list[str] = []
        self.names: set[str] = set()
        self.network = False
        self.installs = False

    def danger(self, text: str) -> None:
        if text not in self.dangers:
            self.dangers.append(text)


def assess_command(command: str, workspace: Path) -> Risk:
    """The risk of a command line: `execute` or `dangerous`, with one sentence that says why and the paths it names
    outside of the workspace."""
    found = _findings(command, workspace)
    if found.names & words.DOWNLOADERS and found.names & words.INTERPRETERS:
        found.danger("may run what it downloads")
    touches = tuple(dict.fromkeys(found.touches))
    if found.dangers:
        return Risk(level="dangerous", reason=f"It {_listed(found.dangers)}.", touches=touches)
    return Risk(level="execute", reason=_plain_reason(found), touches=touches)


def needs_network(command: str, workspace: Path) -> bool:
    """Whether a command names a program that is of little use without the network."""
    found = _findings(command, workspace)
    return found.network or found.installs


def _findings(command: str, workspace: Path) -> _Findings:
    found = _Findings()
    if _FORK_BOMB.search(command):
        found.danger("starts itself without end")
    _judge(command, Path(os.path.realpath(workspace)), found, 0)
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


def _judge(command: str, root: Path, found: _Findings, depth: int) -> None:
    if depth > _MAX_DEPTH:
        found.danger("hides commands in commands")
        return
    for match in _SUBSTITUTION.finditer(command):
        inner = next((group for group in match.groups() if group), "")
        _judge(inner, root, found, depth + 1)
    try:
        tokens = _tokens(command)
    except ValueError:
        found.danger("cannot be taken apart: a quotation mark or bracket is left open")
        return
    for operator, part in _simple_commands(tokens):
        _judge_simple(part, root, found, depth, piped=operator in ("|", "|&"))


def _tokens(command: str) -> list[str]:
    """Words and operators; raises ValueError for an open quotation mark. A `#` does not end the line here: more is seen
    than is run, never less."""
    lexer = shlex.shlex(command.replace("\\\n", ""), posix=True, punctuation_chars=_PUNCTUATION)
    lexer.commenters = ""
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    return list(lexer)


def _simple_commands(tokens: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each simple command with the operator before it; redirections stay in it as `>` and the like."""
    part: list[str] = []
    operator = ""
    for token in tokens:
        if token and all(char in _PUNCTUATION for char in token) and not _is_redirection(token):
            if part:
                yield operator, part
            part, operator = [], token.strip("\n") or ";"
        else:
            part.append(token)
    if part:
        yield operator, part


def _is_redirection(token: str) -> bool:
    return token in (">", ">>", "<", "<<", "<<<", ">|", "<>", "&>", "&>>", ">&", "<&")


def _judge_simple(part: list[str], root: Path, found: _Findings, depth: int, *, piped: bool) -> None:
    arguments = _without_redirections(part, root, found)
    name, rest = _command_name(arguments)
    if not name:
        return
    base = PurePosixPath(name).name
    found.names.add(base)
    _judge_name(base, name, rest, found)
    if base in words.SHELLS:
        _judge_shell(base, rest, root, found, depth, piped=piped)
    elif (
        base in words.INTERPRETERS and piped and not [word for word in rest if not word.startswith("-") or word == "-c"]
    ):
        found.danger(f"feeds text into {base} as a program")
    _judge_paths(base, rest, root, found)
    if not _only_reads(base, rest):
        found.runs.append(base)
    found.network = found.network or base in words.NETWORK
    found.installs = found.installs or base in words.INSTALLERS or rest[:3] == ["-m", "pip", "install"]


def _command_name(arguments: list[str]) -> tuple[str, list[str]]:
    """The program that really runs: without assignments, keywords and wrappers such as `env` and `xargs`."""
    rest = list(arguments)
    while rest:
        word = rest[0]
        if word in words.KEYWORDS or _ASSIGNMENT.match(word):
            rest.pop(0)
        elif PurePosixPath(word).name in words.WRAPPERS:
            rest.pop(0)
            while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0]) or rest[0][:1].isdigit()):
                rest.pop(0)
        else:
            return word, rest[1:]
    return "", []


def _without_redirections(part: list[str], root: Path, found: _Findings) -> list[str]:
    """The words of a command; what it redirects its output to is judged on the way."""
    kept: list[str] = []
    index = 0
    while index < len(part):
        word = part[index]
        if _is_redirection(word):
            target = part[index + 1] if index + 1 < len(part) else ""
            if ">" in word and not target.isdigit() and target != "-":
                _judge_target(target, root, found)
            if kept and kept[-1].isdigit():
                kept.pop()  # the descriptor of `2>`
            index += 2
        else:
            kept.append(word)
            index += 1
    return kept


def _judge_name(base: str, name: str, rest: list[str], found: _Findings) -> None:
    flags = {flag for word in rest if word.startswith("-") and not word.startswith("--") for flag in word[1:]}
    if base in words.DANGEROUS or base.startswith("mkfs"):
        found.danger(words.DANGEROUS.get(base, "erases disks"))
    if base == "rm" and (flags & {"r", "R"} or "--recursive" in rest):
        found.danger("deletes whole folders")
    if base in ("chmod", "chown", "chgrp") and ("R" in flags or "--recursive" in rest):
        found.danger("changes the rights of whole folders")
    if base == "find" and {"-delete", "-exec", "-execdir", "-ok", "-okdir"}.intersection(rest):
        found.danger("deletes or runs something for every file it finds")
    if base == "git":
        _judge_git(rest, found)
    if name.startswith("$"):
        found.danger("runs a command whose name is not known before it runs")


def _judge_git(rest: list[str], found: _Findings) -> None:
    sub = _git_subcommand(rest)
    options = set(rest)
    forced = bool(options & {"--force", "-f", "--force-with-lease", "--mirror", "--delete", "-d"})
    if sub == "push" and (forced or any(word.startswith("+") for word in rest)):
        found.danger("rewrites the history of a remote repository")
    if sub == "reset" and "--hard" in options:
        found.danger("throws uncommitted changes away")
    if sub == "clean" or (
        sub in ("checkout", "restore", "switch") and options & {"--", ".", "-f", "--force", "--discard-changes"}
    ):
        found.danger("throws uncommitted changes away")
    if sub in ("filter-branch", "filter-repo", "rebase", "update-ref", "gc") or (
        sub == "branch" and options & {"-D", "-d"}
    ):
        found.danger("rewrites or removes history")
    if sub == "stash" and options & {"drop", "clear"}:
        found.danger("throws stashed changes away")
    if options & {"-c", "--config-env", "--exec-path", "--upload-pack", "--receive-pack"} or sub in (
        "config",
        "bisect",
    ):
        found.danger("can make git run other programs")
    found.network = found.network or sub in ("push", "pull", "fetch", "clone")


def _git_subcommand(rest: list[str]) -> str:
    takes_value = False
    for word in rest:
        if takes_value:
            takes_value = False
        elif word in ("-C", "-c", "--git-dir", "--work-tree", "--namespace"):
            takes_value = True
        elif not word.startswith("-"):
            return word
    return ""


def _judge_shell(base: str, rest: list[str], root: Path, found: _Findings, depth: int, *, piped: bool) -> None:
    """`sh -c TEXT` is judged as the text; a shell that reads its program from a pipe is not to be judged at all."""
    for index, word in enumerate(rest):
        if word.startswith("-") and not word.startswith("--") and "c" in word and index + 1 < len(rest):
            _judge(rest[index + 1], root, found, depth + 1)
            return
    if piped and all(word.startswith("-") for word in rest):
        found.danger(f"feeds text into {base} as a program")


def _judge_paths(base: str, rest: list[str], root: Path, found: _Findings) -> None:
    for word in rest:
        value = word.partition("=")[2] if word.startswith("--") else word
        if is_secret(value.rpartition(":")[2]):
            found.danger(f"names {value}, which looks like a file of passwords or keys")
        if not _is_outside(value, root):
            continue
        found.touches.append(value)
        if base in words.CHANGERS:
            found.danger(f"changes {value}, which is outside of the workspace")


def _judge_target(target: str, root: Path, found: _Findings) -> None:
    if target in _HARMLESS_TARGETS:
        return
    if _is_outside(target, root) or "$" in target:
        found.touches.append(target)
        found.danger(f"writes to {target}, which is outside of the workspace")
    elif is_secret(target) or {".git", ".codey"}.intersection(PurePosixPath(target).parts):
        found.danger(f"writes to {target}, which other programs trust")
    else:
        found.runs.append(f"a command that writes {target}")


def _is_outside(word: str, root: Path) -> bool:
    """Whether a word names a path outside of the workspace."""
    if word in _HARMLESS_TARGETS:
        return False
    if word.startswith(("~", "$HOME", "${HOME")):
        return True
    if word.startswith("/"):
        return len(word) == 1 or not Path(os.path.normpath(word)).is_relative_to(root)
    return ".." in PurePosixPath(word).parts and not Path(os.path.normpath(root / word)).is_relative_to(root)


def _only_reads(base: str, rest: list[str]) -> bool:
    if base == "git":
        return _git_subcommand(rest) in words.GIT_READERS and not any(word.startswith("--output") for word in rest)
    if base == "find":
        return not any(word.startswith(("-delete", "-exec", "-ok", "-fprint", "-fls")) for word in rest)
    if base in ("sort", "tree"):
        return not any(word.startswith(("-o", "--output")) for word in rest)
    return base in words.READERS
