"""The many ways to ask for something of files and folders, each as the line or the call that does it."""

import re
import shlex
from pathlib import PurePosixPath

from codey_tui.engine.router import spans
from codey_tui.engine.router.tool_calls import ToolCall, exists, file_call, shell
from codey_tui.engine.router.wording_parts import Parts, Wording

_LANGUAGES = {
    "python": "py", "javascript": "js", "typescript": "ts", "text": "txt", "markdown": "md", "shell": "sh", "bash": "sh",
    "image": "png", "html": "html", "css": "css", "json": "json", "yaml": "yaml", "toml": "toml", "csv": "csv", "sql": "sql",
}  # fmt: skip
_FOLDER = r"\b(?:folders?|director(?:y|ies)|dirs?|subfolders?)\b"
_MAKE = r"\b(?:create|make|add|new|need|want|set ?up|scaffold|mkdir)\b"
_DELETE = (
    r"\b(?:delete|remove|erase|rm|trash|get rid of|throw away|throw|drop|wipe|kill|nuke|scrap|purge|eliminate|dispose of|unlink|can go|"
    r"don'?t need|do not need|no longer need)\b|^bin\b"
)
_CHANGE = (
    rf"{_DELETE}|\b(?:fix|change|replace|edit|update|insert|add|comment out|uncomment|swap|refactor|rewrite|correct)\b"
)
_HERE = r"\b(?:here|this (?:folder|directory|project)|the (?:project|workspace)|tree|structure|folders?|director(?:y|ies)|files|listing|contents?)\b"


def file_wording(parts: Parts) -> Wording:
    """The file tool's call that a request means, or None."""
    for pattern, make in _TABLE:
        if parts.orders(pattern) and (call := make(parts)) is not None:
            return call
    return None


def _call(op: str, paths: list[str], **more: object) -> ToolCall:
    return file_call("wording", op, paths, **more)


def _mkdir(parts: Parts) -> Wording:
    """Folders by what follows `folder` or `called`."""
    if parts.orders(_DELETE) and not parts.orders(r"\bneed\b"):
        return None
    if parts.has(r"\blist|\bshow|\bwhat|\bwhich|\bfind|\bfile\b"):
        return None
    said = re.search(
        rf"{_FOLDER}(?:\s+(?:structure|tree|path))?(?:\s+for me)?(?:\s+(?:named|called|for))?\s*:?\s+(?P<names>\S.*)$",
        parts.text,
        re.IGNORECASE,
    )
    names = parts.quoted or [
        name.strip("'\"`.") for name in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", said.group("names") if said else "")
    ]
    if not said and not parts.quoted:
        before = re.search(rf"([\w./-]+)\s+{_FOLDER}$", parts.text, re.IGNORECASE)
        names = [before.group(1)] if before else []
    fits = [name for name in names if re.fullmatch(r"[\w./-]+", name) and name.lower() not in spans.PROSE_WORDS]
    return _call("mkdir", fits) if fits and len(fits) == len(names) else None


def _write(parts: Parts) -> Wording:
    """A new file that is empty or holds what is quoted."""
    files = [name for name in parts.files if name not in parts.quoted]
    content = next((text for text in parts.quoted if text not in parts.files), None)
    if len(files) != 1 or exists(files[0], parts.workspace):
        return None
    if content is None:
        return _call("write", files, content="") if parts.has(r"\b(?:empty|blank|touch)\b") else None
    return _call("write", files, content=content + "\n")


def _delete(parts: Parts) -> Wording:
    if parts.has(
        r"\b(?:function|class|method|import|imports|line|lines|comment|comments|variable|column|word|code|from|rows?)\b"
    ):
        return None
    if parts.files:
        return _call("delete", parts.files)
    if parts.has(r"\b(?:all|every|any)\b|\*") and (pattern := _pattern(parts)) and "/" not in pattern:
        line = f"find {shlex.quote(_where(parts))} -name {shlex.quote(pattern)} -type f -not -path '*/.git/*' -delete"
        return shell("wording", line)
    return _call("delete", parts.folders[:1]) if parts.folders else None


def _two(parts: Parts) -> tuple[str, str] | None:
    """Where from and where to: two files, or a file and a folder."""
    source = parts.file or (parts.folders[0] if parts.folders else "")
    if not source:
        return None
    target = parts.files[1] if len(parts.files) > 1 else ""
    if not target:
        places = [name for name in parts.folders if name != source]
        word = (
            places[-1]
            if places
            else parts.after(r"\b(?:to|into|as|in|called|named)(?:\s+the)?(?:\s+(?:folder|directory))?").rstrip("/")
        )
        if not word or word.lower() in spans.PROSE_WORDS:
            return None
        into = bool(places) or f"{word}/" in parts.text
        target = f"{word.rstrip('/')}/{source.rsplit('/', 1)[-1]}" if into and parts.file else word
    return source, target


def _move(parts: Parts) -> Wording:
    if parts.has(r"\b(?:variable|function|class|method|parameter|column)\b"):
        return None
    both = _two(parts)
    return _call("move", [both[0]], target=both[1]) if both else None


def _copy(parts: Parts) -> Wording:
    """A copy; beside its source where nobody says where to."""
    if both := _two(parts):
        return _call("copy", [both[0]], target=both[1])
    if len(parts.files) != 1 or parts.orders(r"\b(?:to|into|in|as|onto)\b"):
        return None
    place = PurePosixPath(parts.file)
    target = place.with_name(f"{place.stem}_backup{place.suffix}").as_posix()
    return None if exists(target, parts.workspace) else _call("copy", [parts.file], target=target)


def _find(parts: Parts) -> Wording:
    """Files by their ending, their name or their language."""
    if parts.orders(_DELETE):
        return None  # a list of files is no answer to an order to delete them
    if pattern := _pattern(parts):
        return _call("find", ["." if "*" in parts.text else _where(parts)], pattern=pattern)
    if parts.file:
        return _call("find", ["."], pattern=parts.file.rsplit("/", 1)[-1])
    named = parts.after(r"\b(?:named|called|like|locate)")
    return _call("find", ["."], pattern=f"*{named}*") if named and named.lower() not in spans.PROSE_WORDS else None


def _pattern(parts: Parts) -> str:
    """The pattern of names that a request gives, by its stars, an ending or a language; or nothing."""
    if glob := re.search(r"[\w./-]*\*[\w.*-]*", parts.text):
        return glob.group()
    if ending := parts.has(
        r"(?:ending (?:in|with|on)|with (?:the )?(?:extension|ending)|\*)\s*['\"]?\.?([a-z0-9]{1,5})\b"
    ):
        return f"*.{ending.group(1)}"
    kinds = rf"\b({'|'.join(_LANGUAGES)}|{'|'.join(sorted(spans.CODE_EXTENSIONS, key=len, reverse=True))})[ -]files?\b"
    if kind := parts.has(kinds):
        return f"*.{_LANGUAGES.get(kind.group(1), kind.group(1))}"
    dotted = parts.has(r"(?:^|\s)\.([a-z0-9]{1,5})\s+files?\b")
    return f"*.{dotted.group(1)}" if dotted else ""


def _where(parts: Parts) -> str:
    return parts.folders[0] if parts.folders else "."


def _lines(parts: Parts) -> Wording:
    """`lines 3 to 7 of a.py`, `first 10 lines of a.py`, `line 8 of a.py`."""
    if len(parts.files) != 1 or parts.has(r"\b(?:count|how many)\b") or parts.orders(_CHANGE):
        return None
    if parts.orders(r"\b(?:last|bottom|final|tail)\b") and (count := parts.count()):
        return shell("wording", f"tail -n {count} {shlex.quote(parts.file)}")
    between = parts.has(r"\blines?\s+(\d{1,6})(?:\s*(?:-|–|to|until|through|and)\s*(\d{1,6}))?")
    if between:
        first = int(between.group(1))
        return _call("read", parts.files, start=max(first, 1), end=int(between.group(2) or first))
    if parts.has(r"\b(?:first|top|head)\b") and (count := parts.count()):
        return _call("read", parts.files, start=1, end=count)
    return None


def _list(parts: Parts) -> Wording:
    if parts.files or parts.orders(r"^(?:create|make|set ?up|scaffold|mkdir)\b"):
        return None
    if parts.folders:
        return _call("list", [parts.folders[0].rstrip("/")])
    return _call("list", ["."]) if parts.has(_HERE) else None


def _read(parts: Parts) -> Wording:
    if parts.orders(rf"\b(?:and|then)\s+(?:{_CHANGE})"):
        return None
    names = [name for name in parts.files if name not in parts.folders]
    return _call("read", names[:8]) if names else None


# Tried in order; the first whose pattern is in the request and whose arguments are there.
_TABLE = (
    (r"\b(?:empty|blank|touch|containing|content|text|write|put|save|store|note|with|line)\b", _write),
    (rf"{_MAKE}.*{_FOLDER}|{_FOLDER}\s+(?:named|called)\b", _mkdir),
    (r"\b(?:copy|duplicate|backup|back up|clone)\b", _copy),
    (r"\b(?:rename|move|relocate|shift|transfer|put|name|should be (?:called|named)|belongs|mv)\b|^call\b|^<>\s+(?:goes )?(?:in)?to\b", _move),
    (_DELETE, _delete),
    (r"\blines?\b|\b(?:first|top|head)\b", _lines),
    (r"^(?:find|locate|where|(?:in )?which folder|search|all)\b|\bwhere(?:'?s| is)\b|\*\.|\b(?:find|list|all|every)\b.*\bfiles\b", _find),
    (rf"\b(?:list|show|what|which|whats|see|display|look|contents?|print|give|have|browse|explore|peek|inside)\b|{_FOLDER}|\btree\b|\bstructure\b", _list),
    (r"\b(?:read|open|show|view|print|display|cat|see|look|peek|glance|inspect|examine|browse|check|gimme|get|put|output|content|contents|what|whats|dump|load|give|pull|bring|let|contain|head|start|please)\b|^\S+$", _read),
)  # fmt: skip
