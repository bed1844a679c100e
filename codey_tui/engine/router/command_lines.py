"""Rules for lines that are commands: `git ...`, `run ...`, `install ...`, and command lines as they stand."""

import re
import shlex
from pathlib import Path

from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.router.tool_calls import ToolCall, bare, exists, file_call, is_path, shell


def command(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """A line that begins with a command's name."""
    line = match.group(0).strip().strip("`").removeprefix("$ ")
    name, _, rest = line.partition(" ")
    name = name.lower() if name.lower() in words.COMMANDS | words.ENGLISH_COMMANDS | {"git"} else name
    if name == "git":
        return _git(line)
    if name in words.COMMANDS and not line.endswith("?") and spans.reads_as_arguments(rest):
        return _mkdir(line) or shell("command", f"{name} {rest}" if rest else name)
    if name in words.ENGLISH_COMMANDS and rest and _strictly_arguments(name, rest, workspace):
        return shell("command", f"{name} {rest}")
    if name.startswith("./") and exists(name, workspace):
        return shell("command", line)
    return None


def _strictly_arguments(name: str, rest: str, workspace: Path) -> bool:
    """Whether words after an English word that is also a command can only be its arguments."""
    arguments = spans.shlex_words(rest)
    if not arguments or not spans.reads_as_arguments(rest):
        return False
    if name == "make":
        return len(arguments) == 1 and exists("Makefile", workspace) and not spans.looks_like_file(arguments[0])
    if name == "echo":
        return True
    return any(word.startswith(("-", ".", "/", "*")) or is_path(word, workspace) for word in arguments)


def _git(line: str) -> ToolCall | None:
    """`git <subcommand> ...`."""
    arguments = line.split()[1:]
    if not arguments or line.endswith("?"):
        return None
    sub = arguments[0].lower()
    rest = line.split(None, 2)[2] if len(arguments) > 1 else ""
    if sub not in words.GIT_COMMANDS and not sub.startswith("-"):
        return None
    if not spans.reads_as_arguments(rest):
        return None
    return ToolCall("git", "git", {"command": f"git {sub} {rest}".strip()})


def _mkdir(line: str) -> ToolCall | None:
    """`mkdir [-p] a b c` as the file tool's call: it makes parents and takes several."""
    arguments = spans.shlex_words(line)
    if not arguments or arguments[0] != "mkdir" or set("|&;<>$*{") & set(line):
        return None
    paths = [word for word in arguments[1:] if not word.startswith("-")]
    flags = {word for word in arguments[1:] if word.startswith("-")}
    return file_call("mkdir", "mkdir", paths) if paths and flags <= {"-p", "--parents", "-v", "-pv"} else None


def run(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`run X`: a command line, a script, or the tests."""
    rest = match.group("rest").strip()
    if len(rest) > 1 and rest[0] == rest[-1] == "`":
        return shell("run", rest.strip("`"))
    if re.fullmatch(
        r"(?:all |the |my |our )*(?:unit |whole |full )?(?:tests?|test suite|test-suite)", rest, re.IGNORECASE
    ):
        return shell("run-tests", _test_command(workspace))
    if re.fullmatch(r"(?:the )?(?:app|application|program|server|project)", rest, re.IGNORECASE):
        return next(
            (shell("run", f"python3 {name}") for name in ("app.py", "main.py") if exists(name, workspace)), None
        )
    rest = re.sub(r"^(?:the )?(?:(?:command|script|program|file)\s+)(?=\S)", "", rest, flags=re.IGNORECASE)
    first = bare((spans.shlex_words(rest) or [""])[0])
    interpreter = words.INTERPRETERS.get(Path(first).suffix.lower())
    if interpreter and spans.reads_as_arguments(rest.removeprefix(first)):
        return shell("run", f"{interpreter} {rest}")
    if first == "git":
        return _git(rest)
    known = first in words.COMMANDS or first in words.ENGLISH_COMMANDS or first.startswith("./")
    return shell("run", rest) if known and spans.reads_as_arguments(rest[len(first) :]) else None


def _test_command(workspace: Path) -> str:
    """The command that runs the tests of this kind of project."""
    python = any(exists(name, workspace) for name in ("pyproject.toml", "setup.py", "tests", "requirements.txt"))
    found = next((command for name, command in words.TEST_RUNNERS if exists(name, workspace)), "")
    return found if found and not python else "python3 -m pytest"


def install(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`install numpy pandas` and `install the dependencies`."""
    rest = re.sub(r"^(?:the )?(?:python )?(?:packages?|modules?|library|libraries)\s+", "", match.group("rest").strip())
    if re.fullmatch(r"(?:the |all |my |our )*(?:dependencies|requirements|deps|packages|requirements\.txt)", rest):
        return next(
            (shell("install", command) for name, command in words.DEPENDENCY_FILES if exists(name, workspace)), None
        )
    names = [name for name in re.split(r"[\s,]+|\band\b", rest) if name]
    fits = all(re.fullmatch(r"[A-Za-z0-9][\w.\-]*(?:\[[\w,\-]+\])?(?:[=<>~!]=?[\w.*]+)?", name) for name in names)
    if not names or not fits or len(names) > 12 or spans.PROSE_WORDS.intersection(name.lower() for name in names):
        return None
    return shell("install", "python3 -m pip install " + " ".join(shlex.quote(name) for name in names))


def commit(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`commit all changes with message 'x'`."""
    return ToolCall("git", "git", {"command": f"git commit -am {shlex.quote(bare(match.group('message')))}"})


def git_words(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`show the git log`, `push to origin`."""
    return ToolCall("git", "git", {"command": f"git {match.group('sub').lower()}"})


def sqlite(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`sqlite schema users.db`, `sqlite query users.db "SELECT ..."`."""
    path, query = bare(match.group("path")), bare(match.group("query") or "")
    if match.group("op").lower() == "query" and not query:
        return None
    return ToolCall("sqlite", "sqlite", {"command": f"sqlite3 {shlex.quote(path)} {shlex.quote(query or '.schema')}"})
