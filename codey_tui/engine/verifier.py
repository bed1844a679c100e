"""The verifier: looks at what was written before anyone relies on it, and says in a few lines what is wrong."""

import ast
import json
import os
import re
import shutil
import subprocess
import tomllib
import warnings
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

import msgspec

from codey_tui.engine.workspace_paths import relative
from codey_tui.sandbox.environment import scrubbed

RunCommand = Callable[[Sequence[str]], tuple[int, str]]

MAX_BYTES = 2 * 1024 * 1024
CHECK_SECONDS = 30
MAX_DETAIL_LINES = 8
MAX_DETAIL_CHARS = 600

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_OPTIONAL = frozenset(
    "html head body p li dt dd tr td th thead tbody tfoot option optgroup colgroup caption rp rt".split()
)


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked (`none` for a kind of file that nothing here knows) and, when not ok, the error for the coder."""

    ok: bool
    check: str
    detail: str = ""


def verify(path: Path, workspace: Path, run: RunCommand) -> Verification:
    """Check the syntax of the file at `path` by its extension.

    `run(argv)` gives exit code and output of a command in the sandbox, for what cannot be parsed in process. Never raises
    for any content; a file that cannot be read is not ok.
    """
    name = _shown(path, workspace)
    check = CHECKS.get(path.suffix.lower())
    if check is None:
        return Verification(ok=True, check="none")
    try:
        if path.stat().st_size > MAX_BYTES:
            return Verification(ok=True, check="none", detail=f"{name} is too large to check.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Verification(ok=False, check="utf-8", detail=f"{name} is not UTF-8 text (byte {error.start}).")
    except OSError as error:
        return Verification(ok=False, check="read", detail=f"{name} cannot be read: {error.strerror}.")
    return check(name, text, run)


def short(output: str) -> str:
    """The last lines of a tool's output, cut to what a repair prompt can afford."""
    lines = [line.rstrip() for line in output.strip().splitlines() if line.strip()]
    return "\n".join(lines[-MAX_DETAIL_LINES:])[-MAX_DETAIL_CHARS:]


def _python(name: str, text: str, run: RunCommand) -> Verification:
    """Parse and compile, without running anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(ast.parse(text, filename=name), name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return _failed("python-syntax", name, text, error.lineno, f"{type(error).__name__}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return _failed("python-syntax", name, text, None, str(error) or "it is nested too deeply to be parsed")
    return Verification(ok=True, check="python-syntax")


def _json(name: str, text: str, run: RunCommand) -> Verification:
    """Parse as JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _failed("json", name, text, error.lineno, error.msg)
    except RecursionError:
        return _failed("json", name, text, None, "it is nested too deeply to be parsed")
    return Verification(ok=True, check="json")


def _toml(name: str, text: str, run: RunCommand) -> Verification:
    """Parse as TOML."""
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return _failed("toml", name, text, None, str(error) or "it is nested too deeply to be parsed")
    return Verification(ok=True, check="toml")


def _html(name: str, text: str, run: RunCommand) -> Verification:
    """Every element that must be closed is closed, in order. Templates of Jinja pass as text."""
    reader = _Tags()
    reader.feed(text)
    reader.close()
    if reader.problem:
        line, sentence = reader.problem
        return _failed("html", name, text, line, sentence)
    if reader.open:
        tag, line = reader.open[-1]
        return _failed("html", name, text, line, f"<{tag}> is never closed")
    return Verification(ok=True, check="html")


def _shell(name: str, text: str, run: RunCommand) -> Verification:
    """`bash -n`: it parses and runs nothing."""
    return _piped(name, text, "shell-syntax", shutil.which("bash") or shutil.which("sh"), "-n")


def _javascript(name: str, text: str, run: RunCommand) -> Verification:
    """`node --check`, where there is node: it parses and runs nothing."""
    module = name.endswith(".mjs") or re.search(
        r"^(?:import\b[^(\n]*\bfrom\b|import\s*[\"']|export\s)", text, re.MULTILINE
    )
    flags = ("--input-type=module", "--check") if module else ("--check",)
    return _piped(name, text, "javascript-syntax", shutil.which("node"), *flags, "-")


def _piped(name: str, text: str, check: str, program: str | None, *flags: str) -> Verification:
    """Ask a program that parses its standard input without running it; where it is missing nothing is checked."""
    if program is None:
        return Verification(ok=True, check="none")
    try:
        done = subprocess.run(
            [program, *flags],
            input=text.encode(),
            capture_output=True,
            timeout=CHECK_SECONDS,
            check=False,
            env=scrubbed(os.environ, {}),
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Verification(ok=True, check="none", detail=f"{name} was not checked: {error}.")
    if done.returncode == 0:
        return Verification(ok=True, check=check)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    told = "\n".join(line for line in lines if not line.startswith(("    at ", "Node.js v")))
    said = short(told).replace(f"{program}: ", f"{name}: ").replace("[stdin]", name)
    return Verification(ok=False, check=check, detail=said)


CHECKS: dict[str, Callable[[str, str, RunCommand], Verification]] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".toml": _toml,
    ".html": _html,
    ".htm": _html,
    ".sh": _shell,
    ".bash": _shell,
    ".js": _javascript,
    ".mjs": _javascript,
}


class _Tags(HTMLParser):
    """Keeps the stack of open elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.problem: tuple[int, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID | _OPTIONAL:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return  # closed by itself

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID | _OPTIONAL or self.problem:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif self.open:
            opened, line = self.open[-1]
            self.problem = (self.getpos()[0], f"</{tag}> stands where </{opened}> is expected (opened in line {line})")
        else:
            self.problem = (self.getpos()[0], f"</{tag}> closes nothing")


def _failed(check: str, name: str, text: str, line: int | None, sentence: str) -> Verification:
    """A failure with its line and the source there."""
    if line is None:
        return Verification(ok=False, check=check, detail=f"{name}: {sentence}")
    lines = text.splitlines()
    source = lines[line - 1].strip()[:160] if 0 < line <= len(lines) else ""
    shown = f"\n    {source}" if source else ""
    return Verification(ok=False, check=check, detail=f"{name}, line {line}: {sentence}{shown}")


def _shown(path: Path, workspace: Path) -> str:
    """The path as the coder knows it."""
    try:
        return relative(workspace, path)
    except ValueError:
        return path.name
