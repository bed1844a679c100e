"""Rules that turn a line into a tool call: patterns of whole requests in, the tool's arguments out."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from codey_tui.engine.router import command_lines, spans
from codey_tui.engine.router.tool_calls import ToolCall, bare, exists, file_call, is_path, shell

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


def _make_folders(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create a directory named 'tests'`, `make folders a, b and c`."""
    rest = match.group("rest").strip().rstrip(".")
    named = bool(match.group("named"))
    pieces = re.findall(_TOKEN, re.sub(r"\s*(?:,\s*and|,|\band\b)\s*", " , ", rest))
    paths = [bare(piece) for piece in pieces if piece != "and"]
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
    path = bare(match.group("path")).rstrip(".")
    return file_call("read", "read", [path]) if is_path(path, workspace) and not _is_folder(path, workspace) else None


def _read_lines(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`show lines 10 to 20 of main.py`."""
    call = _read(match, workspace)
    if call is None:
        return None
    first = int(match.group("first"))
    return call._replace(args=call.args | {"start": max(first, 1), "end": int(match.group("last") or first)})


def _is_folder(path: str, workspace: Path) -> bool:
    """Whether `path` is a folder of the workspace."""
    return exists(path, workspace) and (workspace / path).is_dir()


def _list(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`list files`, `list the files in src`."""
    path = bare(match.group("path") or ".").rstrip("?")
    here = path.lower() in {"here", "this", "the", "workspace", "project", "current"}
    if re.search(r"\bcontents?\b", match.group(0)) and path != "." and not here and not exists(path, workspace):
        return None  # "the contents of the config" may be those of a file
    return file_call("list", "list", ["." if here or not path else path])


def _delete(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`delete old.txt`, `remove the folder build`."""
    path = bare(match.group("path")).rstrip(".")
    stated = bool(match.group("noun")) and path.lower() not in spans.PROSE_WORDS
    return file_call("delete", "delete", [path]) if stated or is_path(path, workspace) else None


def _move(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`rename a.txt to b.txt`, `move a.txt to old/`, `copy a.txt to b.txt`."""
    source, target = bare(match.group("path")), bare(match.group("target")).rstrip(".")
    if not is_path(source, workspace):
        return None
    if target.endswith("/") or _is_folder(target, workspace):
        target = f"{target.rstrip('/')}/{source.rstrip('/').rsplit('/', 1)[-1]}"
    op = "copy" if match.group("verb").lower() == "copy" else "move"
    return file_call(op, op, [source], target=target)


def _write(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create an empty file a.txt`, `create a file notes.txt with the content 'hello'`."""
    path, content = bare(match.group("path")), match.group("content")
    if not is_path(path, workspace) or exists(path, workspace):
        return None
    if content is None:
        return (
            file_call("write", "write", [path.rstrip(".")], content="")
            if match.group("empty") or match.group(0)[:4].lower() == "new "
            else None
        )
    return file_call("write", "write", [path], content=bare(content) + "\n")


def _touch(match: re.Match[str], workspace: Path) -> ToolCall | None:
    """`create the files a.txt, b.txt and c.txt`."""
    names = [bare(piece) for piece in re.findall(_TOKEN, match.group("rest")) if piece != "and"]
    if len(names) < 2 or not all(spans.looks_like_file(name) for name in names):
        return None
    return shell("touch", f"touch -- {shlex.join(names)}")


_CREATE = r"(?:create|make|add|new)"
_ADDRESS = r"(?:https?://|ssh://|git@)[^\s'\"`|;&<>$]+"
# Tried in order; every pattern but the first fits the whole request.
_TABLE: tuple[tuple[str, Maker], ...] = (
    (rf"sqlite\s+(?P<op>schema|query|tables)\s+{_ONE}(?:\s+(?P<query>.+))?$", command_lines.sqlite),
    (
        rf"(?:show|list|what)\s+(?:me\s+)?(?:are\s+)?(?:the\s+|all\s+)?(?P<op>tables|schema)\s+(?:in|of)\s+(?:the\s+)?"
        rf"(?:database\s+)?{_ONE}(?P<query>)\??$",
        command_lines.sqlite,
    ),
    (
        r"(?:(?:run|execute|query)\s+)?(?P<query>['\"`]?(?:insert\s+into\s+\w+|update\s+\w+\s+set\b|delete\s+from\s+\w+|select\b.+\sfrom\s+\w+|"
        r"create\s+(?:table|index|view)\s+\w+\s*\(|(?:drop|alter)\s+table\s+\w+).*?)\s+(?:on|in|against|into|from)\s+(?:the\s+)?(?:database\s+)?"
        r"(?P<path>[\w./-]+\.(?:db3?|sqlite3?))(?P<op>)$",
        command_lines.sqlite,
    ),
    (
        r"(?P<op>delete|remove|clear)\s+(?:all\s+)?(?:the\s+)?(?:rows|entries|records|data)\s+(?:in|from|of)\s+(?:the\s+)?(?:table\s+)?(?P<query>\w+)"
        r"(?:\s+table)?\s+(?:in|of|from)\s+(?:the\s+)?(?:database\s+)?(?P<path>[\w./-]+\.(?:db3?|sqlite3?))$",
        command_lines.sqlite,
    ),
    (r"pip3?\s+install\s+(?P<rest>[^-].*)$", command_lines.install),
    (
        r"install\s+(?P<rest>[^-].*?)\s+(?:with|via|using|through|from)\s+npm$",
        command_lines.node_install,
    ),
    (r"npm\s+(?:install|i|add)\s+(?P<rest>[^-].*)$", command_lines.node_install),
    (
        r"(?P<verb>create|make|set\s+up|setup|add|new)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:new\s+)?"
        r"(?P<what>(?:python\s+)?(?:virtual\s*env(?:ironment)?|venv)|node(?:\.?js)?\s+project)(?:\s+(?:here|\.venv))?\.?$",
        command_lines.environment,
    ),
    (
        r"(?P<verb>describe|show|list|what)\s+(?:me\s+)?(?P<what>(?:the\s+)?(?:python\s+|node\s+)?environment|(?:are\s+)?(?:the\s+)?"
        r"installed\s+packages|packages\s+are\s+installed)\s*\??$",
        command_lines.environment,
    ),
    (
        r"(?:(?:run|execute|evaluate)\s+)?(?:this\s+|the\s+following\s+)?python(?:\s+code)?\s*:\s*(?P<code>\S.*)$",
        command_lines.python,
    ),
    (
        r"(?:search|grep|look)\s+(?:(?:in\s+)?(?:the\s+|all\s+|my\s+)?(?:code(?:base)?|files|project|workspace|repository)\s+)?for\s+"
        rf"(?:the\s+(?:text|word|string)\s+)?(?P<what>{_TOKEN})(?:\s+comments)?(?:\s+(?:in|under)\s+(?:the\s+|all\s+)?{_ONE})?\.?$",
        command_lines.search,
    ),
    (
        r"(?:find|show|list)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?(?P<what>TODO|FIXME|XXX|HACK)s?(?:\s+comments)?"
        rf"(?:\s+(?:in|under)\s+(?:the\s+|all\s+)?{_ONE})?\.?$",
        command_lines.search,
    ),
    (rf"(?P<sub>clone)\s+(?P<rest>{_ADDRESS}(?:\s+[\w./-]+)?)$", command_lines.git_words),
    (
        rf"add\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:git\s+)?(?P<sub>remote)\s+(?:(?:named|called)\s+)?(?P<rest>[\w-]+\s+{_ADDRESS})$",
        command_lines.git_words,
    ),
    (rf"download\s+(?P<rest>{_ADDRESS})$", command_lines.download),
    (
        rf"{_CREATE}\s+(?:(?:the|some|two|three|four|\d)\s+)?(?:new\s+|empty\s+)*files\s*(?:named\s+|called\s+)?:?\s*(?P<rest>\S.*)$",
        _touch,
    ),
    (r"\S.*$", command_lines.command),
    (r"(?:run|execute|exec|launch|start|invoke)\s+(?P<rest>.+)$", command_lines.run),
    (r"test\s+(?:everything|it\s+all|all\s+of\s+it|the\s+(?:whole\s+)?project)[.!]?$", command_lines.tests),
    (r"(?:pip\s+)?install\s+(?P<rest>.+)$", command_lines.install),
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
    (
        rf"(?P<verb>rename|move|copy)\s+(?:the\s+)?(?:file\s+)?{_ONE}\s+(?:to|into|as|->|=>|→)\s+(?P<target>{_TOKEN})$",
        _move,
    ),
    (
        rf"{_CREATE}\s+(?:an?\s+|the\s+)?(?:new\s+)?(?P<empty>empty\s+)?(?:text\s+)?file\s+(?:named\s+|called\s+)?{_ONE}"
        r"(?:\s+(?:with|containing)\s+(?:the\s+)?(?:contents?|text|line)?:?\s*(?P<content>'.+'|\".+\"|`.+`))?\.?$",
        _write,
    ),
    (r"(?:git\s+)?commit\s+(?P<what>.*\s)?(?:message|msg)\s*:?\s+(?P<message>'.+'|\".+\"|\S.*)$", command_lines.commit),
    (
        r"commit(?:(?:\s+(?:it|this|that|all|everything|(?:(?:the|my|our|these|those|all)\s+)*changes))?"
        r"\s*:\s*(?P<message>\S.*)|[.!]?)$",
        command_lines.commit_as_is,
    ),
    (
        r"(?:show|check|display|give|run|do|view|see)\s+(?:me\s+)?(?:an?\s+|the\s+|our\s+)?git\s+"
        r"(?P<sub>status|log|diff|branch|stash|pull|push|fetch)\s*$",
        command_lines.git_words,
    ),
    (
        r"(?P<sub>push|pull|fetch)(?:\s+(?:the\s+)?(?:changes|commits?|latest(?: changes)?|code|it))?(?:\s+(?:to|from)\s+\S+)?$",
        command_lines.git_words,
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), make) for pattern, make in _TABLE)
