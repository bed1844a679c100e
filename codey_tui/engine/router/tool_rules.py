"""Rules that turn a line into a tool call: patterns of whole requests in, the tool's arguments out."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words


class ToolCall(NamedTuple):
    """What a rule found: the rule's name, the tool, and its arguments in the form of the tool's `Args`."""

    rule: str
    tool: str
    args: dict[str, object]


Maker = Callable[[re.Match[str], Path], ToolCall | None]

_TOKEN = r"(?:`[^`]+`|'[^']+'|\"[^\"]+\"|[^\s'\"`,?]+)"
_ONE = rf"(?P<path>{_TOKEN})"
_FOLDER = r"(?:directory|directories|folder|folders|dir|dirs|subdirectory|subfolder)"


def tool_call(text: str, workspace: Path) -> ToolCall | None:
    """The tool call that `text` is, or None. `workspace` is only looked at, to tell files from words."""
    line = text.strip()
    for pattern, make in _PATTERNS:
        match = pattern.match(line)
        if match and (call := make(match, workspace)):
            return call
    return None


def shell(rule: str, command: str) -> ToolCall:
    """A call of the shell tool."""
    return ToolCall(rule, "shell", {"command": command.strip()})


def file_call(rule: str, op: str, paths: list[str], **more: object) -> ToolCall:
    """A call of the file tool on one path (`path`) or several (`paths`)."""
    args: dict[str, object] = {"op": op}
    args |= {"path": paths[0]} if len(paths) == 1 else {"paths": paths}
    return ToolCall(rule, "file", args | more)


def _bare(token: str) -> str:
    """A token without its quotation marks and a final full stop or comma."""
    token = token.strip()
    if len(token) > 1 and token[0] == token[-1] and token[0] in "'\"`":
        return token[1:-1].strip()
    return token.rstrip(",;").removeprefix("@")


def _exists(word: str, workspace: Path) -> bool:
    """Whether `word` is the relative path of something in the workspace."""
    try:
        return bool(word) and not word.startswith(("/", "~")) and (workspace / word).exists()
    except (OSError, ValueError):
        return False


def _is_path(word: str, workspace: Path) -> bool:
    """Whether `word` names a file or folder: by its form, or because it exists."""
    return spans.looks_like_file(word) or word.lower() in spans.BARE_FILE_NAMES or _exists(word, workspace)


def _command(match: re.Match[str], workspace: Path) -> ToolCall | None:
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
    if name.startswith("./") and _exists(name, workspace):
        return shell("command", line)
    return None


def _strictly_arguments(name: str, rest: str, workspace: Path) -> bool:
    """Whether words after an English word that is also a command can only be its arguments."""
    arguments = spans.shlex_words(rest)
    if not arguments or not spans.reads_as_arguments(rest):
        return False
    if name == "make":
        return len(arguments) == 1 and _exists("Makefile", workspace) and not spans.looks_like_file(arguments[0])
    if name == "echo":
        return True
    return any(word.startswith(("-", ".", "/", "*")) or _is_path(word, workspace) for word in arguments)


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


def _run(match: re.Match[str], workspace: Path) -> ToolCall | None:
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
            (shell("run", f"python3 {name}") for name in ("app.py", "main.py") if _exists(name, workspace)), None
        )
    rest = re.sub(r"^(?:the )?(?:(?:command|script|program|file)\s+)(?=\S)", "", rest, flags=re.IGNORECASE)
    first = _bare((spans.shlex_words(rest) or [""])[0])
    interpreter = words.INTERPRETERS.get(Path(first).suffix.lower())
    if interpreter and spans.reads_as_arguments(rest.removeprefix(first)):
        return shell("run", f"{interpreter} {rest}")
    if first == "git":
        return _git(rest)
    known = first in words.COMMANDS or first in words.ENGLISH_COMMANDS or first.startswith("./")
    return shell("run", rest) if known and spans.reads_as_arguments(rest[len(first) :]) else None


def _test_command(workspace: Path) -> str:
    """The command that runs the tests of this kind of project."""
    python = any(_exists(name, workspace) for name in ("pyproject.toml", "setup.py", "tests", "requirements.txt"))
    found = next((command for name, command in words.TEST_RUNNERS if _exists(name, workspace)), "")
    return found if found and not python else "python3 -m pytest"


def _install(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`install numpy pandas` and `install the dependencies`."""
    rest = re.sub(r"^(?:the )?(?:python )?(?:packages?|modules?|library|libraries)\s+", "", match.group("rest").strip())
    if re.fullmatch(r"(?:the |all |my |our )*(?:dependencies|requirements|deps|packages|requirements\.txt)", rest):
        return next(
            (shell("install", command) for name, command in words.DEPENDENCY_FILES if _exists(name, workspace)), None
        )
    names = [name for name in re.split(r"[\s,]+|\band\b", rest) if name]
    fits = all(re.fullmatch(r"[A-Za-z0-9][\w.\-]*(?:\[[\w,\-]+\])?(?:[=<>~!]=?[\w.*]+)?", name) for name in names)
    if not names or not fits or len(names) > 12 or spans.PROSE_WORDS.intersection(name.lower() for name in names):
        return None
    return shell("install", "python3 -m pip install " + " ".join(shlex.quote(name) for name in names))


def _make_folders(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create a directory named 'tests'`, `make folders a, b and c`."""
    rest = match.group("rest").strip().rstrip(".")
    named = bool(match.group("named"))
    pieces = re.findall(_TOKEN, re.sub(r"\s*(?:,\s*and|,|\band\b)\s*", " , ", rest))
    paths = [_bare(piece) for piece in pieces if piece != "and"]
    separated = len(paths) <= 1 or re.search(r",|\band\b", rest)
    if (
        not paths
        or not (named or separated)
        or any(len(path) > 1 and path.lower() in spans.PROSE_WORDS for path in paths)
    ):
        return None
    if not separated and not any(rest.startswith(quote) for quote in "'\"`"):
        return None
    return file_call("mkdir", "mkdir", list(dict.fromkeys(paths)))


def _read(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`read config.json`, `show me the contents of config.json`."""
    path = _bare(match.group("path")).rstrip(".")
    return file_call("read", "read", [path]) if _is_path(path, workspace) and not _is_folder(path, workspace) else None


def _read_lines(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`show lines 10 to 20 of main.py`."""
    call = _read(match, workspace)
    if call is None:
        return None
    first = int(match.group("first"))
    return call._replace(args=call.args | {"start": max(first, 1), "end": int(match.group("last") or first)})


def _is_folder(path: str, workspace: Path) -> bool:
    """Whether `path` is a folder of the workspace."""
    return _exists(path, workspace) and (workspace / path).is_dir()


def _list(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`list files`, `list the files in src`."""
    path = _bare(match.group("path") or ".").rstrip("?")
    here = path.lower() in {"here", "this", "the", "workspace", "project", "current"}
    return file_call("list", "list", ["." if here or not path else path])


def _delete(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`delete old.txt`, `remove the folder build`."""
    path = _bare(match.group("path")).rstrip(".")
    stated = bool(match.group("noun")) and path.lower() not in spans.PROSE_WORDS
    return file_call("delete", "delete", [path]) if stated or _is_path(path, workspace) else None


def _move(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`rename a.txt to b.txt`, `move a.txt to old/`, `copy a.txt to b.txt`."""
    source, target = _bare(match.group("path")), _bare(match.group("target")).rstrip(".")
    if not _is_path(source, workspace):
        return None
    if target.endswith("/") or _is_folder(target, workspace):
        target = f"{target.rstrip('/')}/{source.rstrip('/').rsplit('/', 1)[-1]}"
    op = "copy" if match.group("verb").lower() == "copy" else "move"
    return file_call(op, op, [source], target=target)


def _write(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create an empty file a.txt`, `create a file notes.txt with the content 'hello'`."""
    path, content = _bare(match.group("path")), match.group("content")
    if not _is_path(path, workspace) or _exists(path, workspace):
        return None
    if content is None:
        return file_call("write", "write", [path.rstrip(".")], content="") if match.group("empty") else None
    return file_call("write", "write", [path], content=_bare(content) + "\n")


def _commit(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`commit all changes with message 'x'`."""
    return ToolCall("git", "git", {"command": f"git commit -am {shlex.quote(_bare(match.group('message')))}"})


def _git_words(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`show the git log`, `push to origin`."""
    return ToolCall("git", "git", {"command": f"git {match.group('sub').lower()}"})


def _sqlite(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`sqlite schema users.db`, `sqlite query users.db "SELECT ..."`."""
    path, query = _bare(match.group("path")), _bare(match.group("query") or "")
    if match.group("op").lower() == "query" and not query:
        return None
    return ToolCall("sqlite", "sqlite", {"command": f"sqlite3 {shlex.quote(path)} {shlex.quote(query or '.schema')}"})


_CREATE = r"(?:create|make|add|new)"
# Tried in order; every pattern but the first fits the whole request.
_TABLE: tuple[tuple[str, Maker], ...] = (
    (rf"sqlite\s+(?P<op>schema|query|tables)\s+{_ONE}(?:\s+(?P<query>.+))?$", _sqlite),
    (r"\S.*$", _command),
    (r"(?:run|execute|exec|launch|start|invoke)\s+(?P<rest>.+)$", _run),
    (r"(?:pip\s+)?install\s+(?P<rest>.+)$", _install),
    (
        rf"{_CREATE}\s+(?:(?:an?|the|some|two|three|\d)\s+)?(?:new\s+|empty\s+)*{_FOLDER}"
        r"(?P<named>\s+(?:named|called|with the names?))?:?\s+(?P<rest>.+)$",
        _make_folders,
    ),
    (
        r"(?:read|show|open|view|print|display|cat|see|dump)\s+(?:me\s+)?(?:the\s+)?(?:contents?\s+(?:of|in)\s+)?"
        rf"(?:the\s+)?(?:file\s+)?{_ONE}[.?]?$",
        _read,
    ),
    (
        r"(?:read|show|view|print|display)\s+(?:me\s+)?lines?\s+(?P<first>\d{1,6})(?:\s*(?:-|–|to|until)\s*(?P<last>\d{1,6}))?"
        rf"\s+(?:of|in|from)\s+(?:the\s+file\s+)?{_ONE}\.?$",
        _read_lines,
    ),
    (rf"what(?:'s|\s+is)\s+(?:in|inside)\s+(?:the\s+)?(?:file\s+)?{_ONE}\s*\??$", _read),
    (
        r"(?:list|show|display)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+|my\s+)?(?:files|folders|directories|directory|dir|"
        r"contents?|files and folders)(?:\s+(?:in|of|under|inside)\s+(?:the\s+)?(?:(?:folder|directory|current|this)\s+)?"
        rf"{_ONE}(?:\s+(?:folder|directory))?)?(?:\s+here)?[.?]?$",
        _list,
    ),
    (
        r"(?:what|which)\s+files\s+(?:are|exist)\s*(?:there|here)?(?:\s+(?:are\s+)?(?:in|under)\s+"
        + _ONE
        + r")?\s*\??$",
        _list,
    ),
    (rf"(?:delete|remove|erase)\s+(?:the\s+)?(?P<noun>(?:empty\s+)?(?:file|{_FOLDER})\s+)?{_ONE}\.?$", _delete),
    (rf"(?P<verb>rename|move|copy)\s+(?:the\s+)?(?:file\s+)?{_ONE}\s+(?:to|into|as)\s+(?P<target>{_TOKEN})$", _move),
    (
        rf"{_CREATE}\s+(?:an?\s+|the\s+)?(?:new\s+)?(?P<empty>empty\s+)?(?:text\s+)?file\s+(?:named\s+|called\s+)?{_ONE}"
        r"(?:\s+(?:with|containing)\s+(?:the\s+)?(?:contents?|text|line)?:?\s*(?P<content>'.+'|\".+\"|`.+`))?\.?$",
        _write,
    ),
    (r"(?:git\s+)?commit\s+(?:.*\s)?(?:message|msg)\s*:?\s+(?P<message>'.+'|\".+\"|\S.*)$", _commit),
    (
        r"(?:show|check|display|give|run|do|view|see)\s+(?:me\s+)?(?:an?\s+|the\s+|our\s+)?git\s+"
        r"(?P<sub>status|log|diff|branch|stash|pull|push|fetch)\s*$",
        _git_words,
    ),
    (
        r"(?P<sub>push|pull|fetch)(?:\s+(?:the\s+)?(?:changes|commits?|latest(?: changes)?|code|it))?(?:\s+(?:to|from)\s+\S+)?$",
        _git_words,
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), make) for pattern, make in _TABLE)
