"""Rules for lines that are commands: `git ...`, `run ...`, `install ...`, and command lines as they stand."""

import re
import shlex
from pathlib import Path

from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.router.git_lines import git_call
from codey_tui.engine.router.tool_calls import ToolCall, bare, exists, file_call, is_path, shell


def command(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """A line that begins with a command's name."""
    line = match.group(0).strip().strip("`").removeprefix("$ ")
    name, _, rest = line.partition(" ")
    name = name.lower() if name.lower() in words.COMMANDS | words.ENGLISH_COMMANDS | {"git"} else name
    if name == "git":
        return _git(line, workspace)
    if name in words.SPOKEN_COMMANDS and words.SPOKEN_NOUN.match(rest):
        return None
    if name in words.NOT_OF_WORDS and _names_a_program(name, rest, workspace):
        return None
    if name in ("grep", "egrep", "rg") and (call := _grep(rest, workspace)):
        return call
    if name in ("python", "python3") and rest and not _runs_python(rest, workspace):
        return None
    if name in words.COMMANDS and not line.endswith("?") and spans.reads_as_arguments(rest):
        return _mkdir(line) or shell("command", f"{name} {rest}" if rest else name)
    if name in words.ENGLISH_COMMANDS and rest and _strictly_arguments(name, rest, workspace):
        return shell("command", f"{name} {rest}")
    if name.startswith("./") and (exists(name, workspace) or Path(name).suffix in words.INTERPRETERS):
        return shell("command", line) if spans.reads_as_arguments(rest) else None
    return None


def _names_a_program(name: str, rest: str, workspace: Path) -> bool:
    """Whether words after a command's name say what is to be written: `flask hello world`, `tree traversal`, `bash backup script`."""
    arguments = spans.shlex_words(rest)
    if (
        not arguments
        or exists(f"{arguments[0]}.js", workspace)
        or any(word[0] in "-./~*|<>&;$" or is_path(word, workspace) for word in arguments if word)
    ):
        return False
    if name == "flask":
        return arguments[0] not in ("run", "shell", "routes", "db", "init-db")
    return len(arguments) > 1 or name in ("tree", "diff", "zip", "tar") or arguments[-1].lower() in words.CODE_NOUNS


def _grep(rest: str, workspace: Path) -> ToolCall | None:
    """`grep WORD` without a file: as a command it would wait for input, so the search tool looks everywhere."""
    arguments = spans.shlex_words(rest)
    if len(arguments) != 1 or arguments[0].startswith("-") or set("|&;<>$`") & set(rest):
        return None
    text = arguments[0]
    args: dict[str, object] = {"pattern": text, "literal": True}
    return ToolCall("search", "search", args, f"grep -rnF -- {shlex.quote(text)} .")


def _runs_python(rest: str, workspace: Path) -> bool:
    """Whether the interpreter is called: `python -m venv .venv` and `python app.py`, not `python shopping cart class`."""
    first = (spans.shlex_words(rest) or [rest])[0]
    if first in ("-", "--"):
        return "<" in rest
    return first.startswith(("-", "/", "~", ".", "<", ">", "|", ";", "&")) or is_path(first, workspace)


def _strictly_arguments(name: str, rest: str, workspace: Path) -> bool:
    """Whether words after an English word that is also a command can only be its arguments."""
    arguments = spans.shlex_words(rest)
    if not arguments or not spans.reads_as_arguments(rest):
        return False
    if name == "make":
        return len(arguments) == 1 and exists("Makefile", workspace) and not spans.looks_like_file(arguments[0])
    if name == "echo":
        return True
    if name == "test":
        return any(word.startswith("-") for word in arguments)
    if name == "ping":
        return all(re.fullmatch(r"-\w+|\d+|localhost|[\w-]+(?:\.[\w-]+)+", word) for word in arguments)
    if name == "kill":
        return all(word.startswith(("-", "%")) or word.isdigit() for word in arguments)
    if name == "find" and len(arguments) == 1 and spans.looks_like_file(arguments[0]):
        return False  # `find a.py` asks where it is
    return any(word.startswith(("-", ".", "/", "*")) or is_path(word, workspace) for word in arguments)


def _git(line: str, workspace: Path) -> ToolCall | None:
    """`git <subcommand> ...`: a call of the git tool, or a command line for what that does not do."""
    arguments = line.split()[1:]
    if not arguments or line.endswith("?"):
        return None
    sub = arguments[0].lower()
    rest = line.split(None, 2)[2] if len(arguments) > 1 else ""
    if sub not in words.GIT_COMMANDS and not sub.startswith("-"):
        return None
    if not spans.reads_as_arguments(rest):
        return None
    command = f"git {sub} {rest}".strip()
    plain = spans.shlex_words(command) if not set("|&;<>$`") & set(command) else []
    call = git_call(plain[1:], workspace) if plain else None
    return ToolCall("git", "git", call, command) if call is not None else shell("git", command)


def _mkdir(line: str) -> ToolCall | None:
    """`mkdir [-p] a b c` as the file tool's call: it makes parents and takes several."""
    arguments = spans.shlex_words(line)
    if not arguments or arguments[0] != "mkdir" or set("|&;<>$*{") & set(line):
        return None
    paths = [word for word in arguments[1:] if not word.startswith("-")]
    flags = {word for word in arguments[1:] if word.startswith("-")}
    return file_call("mkdir", "mkdir", paths) if paths and flags <= {"-p", "--parents", "-v", "-pv"} else None


_ONLINE = re.compile(r"\s+with\s+(?:the\s+)?(?:network|internet)(?:\s+access)?$", re.IGNORECASE)


def run(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`run X`: a command line, a script, or the tests."""
    rest = match.group("rest").strip()
    online = _ONLINE.search(rest)
    call = _run(rest[: online.start()].strip() if online else rest, workspace)
    if call is None or online is None or call.tool != "shell":
        return call
    return call._replace(args={**call.args, "network": True})


def tests(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`test everything`."""
    return shell("run-tests", _test_command(workspace))


_OPTIONS = re.compile(
    r"^(?P<file>\S+)\s+with\s+(?:(?:the\s+)?(?:arguments?|options?|flags?|parameters?)\s+)?(?=-\S)", re.IGNORECASE
)


def _run(rest: str, workspace: Path) -> ToolCall | None:
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
    rest = re.sub(
        r"^(?:the )?(?:(?:python3?|shell|bash)\s+(?=(?:script|program|file)\b))?(?:(?:command|script|program|file)\s+)(?=\S)",
        "",
        rest,
        flags=re.IGNORECASE,
    )
    rest = _OPTIONS.sub(r"\g<file> ", rest)
    first = bare((spans.shlex_words(rest) or [""])[0])
    interpreter = words.INTERPRETERS.get(Path(first).suffix.lower())
    if interpreter and spans.reads_as_arguments(rest.removeprefix(first)):
        return shell("run", f"{interpreter} {rest}")
    if first == "git":
        return _git(rest, workspace)
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
        found = next(((name, line) for name, line in words.DEPENDENCY_FILES if exists(name, workspace)), None)
        kind = "node" if found and found[0] == "package.json" else "python"
        return ToolCall("install", "environment", {"op": "install", "kind": kind}, found[1]) if found else None
    names = _packages(rest)
    if not names:
        return None
    command = "python3 -m pip install " + " ".join(shlex.quote(name) for name in names)
    return ToolCall("install", "environment", {"op": "install", "packages": names}, command)


def node_install(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`npm install express`."""
    names = re.split(r"\s+", match.group("rest").strip())
    if not all(re.fullmatch(r"(?:@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*(?:@[\w.^~*-]+)?", name) for name in names):
        return None
    args: dict[str, object] = {"op": "install", "kind": "node", "packages": names}
    return ToolCall("install", "environment", args, f"npm install {shlex.join(names)}")


def _packages(text: str) -> list[str]:
    """The names of Python packages that a text consists of; none where it says anything else."""
    names = [name for name in re.split(r"[\s,]+|\band\b", text) if name]
    fits = all(re.fullmatch(r"[A-Za-z0-9][\w.\-]*(?:\[[\w,\-]+\])?(?:[=<>~!]=?[\w.*]+)?", name) for name in names)
    prose = spans.PROSE_WORDS.intersection(name.lower() for name in names)
    return names if fits and not prose and len(names) <= 12 else []


def environment(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create a virtual environment`, `create a node project`, `describe the environment`."""
    verb, what = match.group("verb").lower(), (match.group("what") or "").lower()
    if verb in ("describe", "show", "list", "what"):
        return ToolCall("environment", "environment", {"op": "describe"}, "python3 -m pip list")
    node = "node" in what
    command = "npm init -y" if node else "python3 -m venv .venv"
    return ToolCall("environment", "environment", {"op": "create", "kind": "node" if node else "python"}, command)


_STATEMENT = re.compile(
    r"(?:import|from|for|if|while|with|assert|lambda|del|raise|pass|not)\b|\w+\s+(?:if|in|is|not|and|or)\b"
)
_WORDED = re.compile(r"[^\W\d][\w'’-]*(?:\s+[\w'’-]+){2,}|input\s*:|[^\W\d][\w\s,.!?'’-]*$")
"""What asks for a program after `python:`: three words in a row, or nothing but words."""


def python(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`run python: print(1)`; not `python: merge sort`, which asks for a program."""
    code = match.group("code").strip()
    fenced = re.fullmatch(r"```\w*\n(.*?)\n?```|`([^`]+)`", code, re.DOTALL)
    code = (fenced.group(1) or fenced.group(2)) if fenced else code
    if not fenced and _WORDED.match(code) and not _STATEMENT.match(code):
        return None
    return ToolCall("python", "python", {"code": code}, f"python3 -c {shlex.quote(code)}")


def search(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`search for TODO in src`, `find all TODO comments`."""
    what, path = match.group("what").strip(), bare(match.group("path") or ".").rstrip("/") or "."
    text = bare(what)
    quoted = what[:1] in "'\"`"
    if path.lower() in spans.PROSE_WORDS | {
        "files",
        "code",
        "project",
        "workspace",
        "folder",
        "repository",
        "codebase",
    }:
        path = "."
    if not quoted and (text.lower() in spans.PROSE_WORDS or spans.looks_like_file(text)):
        return None
    if path != "." and not exists(path, workspace):
        return None
    args: dict[str, object] = {"pattern": text, "literal": True}
    args |= {"path": path} if path != "." else {}
    return ToolCall("search", "search", args, f"grep -rnF -- {shlex.quote(text)} {shlex.quote(path)}")


def commit(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`commit all changes with message 'x'`, `commit a.py with message 'x'`."""
    message, what = bare(match.group("message")), match.group("what") or ""
    if only := spans.files(what):
        return _git(f"git commit -m {shlex.quote(message)} -- {shlex.join(only)}", workspace)
    flag = "-m" if re.search(r"\bstaged\b", what, re.IGNORECASE) else "-am"
    return _git(f"git commit {flag} {shlex.quote(message)}", workspace)


def commit_as_is(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`commit`, whose tool asks for the message, and `commit the changes: the message`."""
    message = bare(match.group("message") or "")
    return _git(f"git commit -am {shlex.quote(message)}" if message else "git commit", workspace)


def git_words(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`show the git log`, `push to origin`."""
    sub = match.group("sub").lower()
    rest = match.groupdict().get("rest") or ""
    return _git(f"git {sub} {'add ' if sub == 'remote' else ''}{rest}".strip(), workspace)


def download(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`download https://...`."""
    return shell("download", f"curl -fLO {shlex.quote(match.group('rest'))}")


def sqlite(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`sqlite schema users.db`, `sqlite query users.db "SELECT ..."`."""
    path, query = bare(match.group("path")), bare(match.group("query") or "")
    op = match.group("op").lower() or "query"
    if op in ("delete", "remove", "clear"):
        op, query = "query", f"DELETE FROM {query}"  # noqa: S608 - shown and judged before it runs
    if op == "query" and not query:
        return None
    statement = query or (".tables" if op == "tables" else ".schema")
    args: dict[str, object] = {"op": op, "path": path}
    args |= {"sql": query} if op == "query" else {"table": query} if op == "schema" and query else {}
    return ToolCall("sqlite", "sqlite", args, f"sqlite3 {shlex.quote(path)} {shlex.quote(statement)}")
