"""The looking half of the file tool: read, list and find; nothing is changed, secrets are not shown."""

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.places import is_secret, readable, relative

MAX_READ_BYTES = 256 << 10
"""Bytes of one file that are given out: far more than any context holds."""
_MAX_ENTRIES = 1000
_MAX_MATCHES = 500
_MAX_SEARCHED_BYTES = 1 << 20
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".pytest_cache"})


class Wanted(Protocol):
    """What of the tool's arguments a look needs."""

    @property
    def pattern(self) -> str: ...
    @property
    def text(self) -> str: ...


def assess(op: str, paths: tuple[str, ...], wanted: Wanted, workspace: Path) -> tuple[Risk, Preview]:
    """Reading inside the workspace: the lowest risk there is. Raises ToolError for what may not be read."""
    for path in paths:
        readable(workspace, path)
    shown = ", ".join(paths)
    body = f"{op} {shown}"
    if op == "find":
        body += f" for {wanted.text!r}" if wanted.text else f" for names like {wanted.pattern or '*'}"
    risk = Risk(level="read", reason="Only looks at files of the workspace.", touches=paths)
    return risk, Preview(kind="text", title=body, body=body, path=paths[0])


def read(context: ToolContext, paths: tuple[str, ...], start: int, end: int) -> ActionResult:
    """The text of files, whole or a range of lines."""
    texts: list[str] = []
    summaries: list[str] = []
    truncated = False
    for path in paths:
        place = readable(context.workspace, path)
        text, summary, cut = _read_one(place, path, start, end)
        texts.append(text if len(paths) == 1 else f"--- {path}\n{text}")
        summaries.append(summary)
        truncated = truncated or cut
    return ActionResult(ok=True, summary="; ".join(summaries), output="\n".join(texts), truncated=truncated)


def _read_one(place: Path, path: str, start: int, end: int) -> tuple[str, str, bool]:
    if place.is_dir():
        raise ToolError(f'{path} is a folder; "list" shows what is in it.')
    try:
        with place.open("rb") as stream:
            data = stream.read(MAX_READ_BYTES + 1)
    except FileNotFoundError as error:
        raise ToolError(f"{path} does not exist.") from error
    cut = len(data) > MAX_READ_BYTES
    found = _decoded(data[:MAX_READ_BYTES], cut=cut)
    if found is None:
        raise ToolError(f"{path} is a binary file of {place.stat().st_size:,} bytes ({_kind(data)}), not text.")
    text, encoding = found
    lines = text.splitlines(keepends=True)
    last = min(end or len(lines), len(lines))
    if start > max(1, len(lines)):
        raise ToolError(f"{path} has {len(lines)} lines; there is no line {start}.")
    note = f" (the first {MAX_READ_BYTES >> 10} KiB of {place.stat().st_size:,} bytes)" if cut else ""
    span = f"lines {start} to {last} of {len(lines)}" if (start, last) != (1, len(lines)) else f"{len(lines)} lines"
    note += f", {encoding}" if encoding != "UTF-8" else ""
    return "".join(lines[start - 1 : last]), f"{path}: {span}{note}", cut


_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig", "UTF-8 with a byte order mark"), (b"\xff\xfe", "utf-16", "UTF-16"),
          (b"\xfe\xff", "utf-16", "UTF-16"))  # fmt: skip
_KINDS = (
    (b"SQLite format 3\0", "a SQLite database"), (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"), (b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"), (b"GGUF", "a language model"),
)  # fmt: skip


def _decoded(data: bytes, *, cut: bool) -> tuple[str, str] | None:
    """The text and the name of its encoding; None for what is no text."""
    for mark, codec, shown in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), shown
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        if cut and error.start >= len(data) - 3:  # cut in the middle of a letter
            return data.decode("utf-8", "replace"), "UTF-8"
    controls = sum(byte < 9 or 13 < byte < 32 for byte in data)
    return None if controls * 100 > len(data) else (data.decode("cp1252", "replace"), "not UTF-8, read as Windows-1252")


def _kind(data: bytes) -> str:
    return next((name for magic, name in _KINDS if data.startswith(magic)), "of unknown kind")


def listing(context: ToolContext, path: str) -> ActionResult:
    """What is in one folder: folders first with a slash, then files with their sizes in bytes."""
    place = readable(context.workspace, path)
    if not place.is_dir():
        raise ToolError(f"{path} is not a folder." if place.exists() else f"{path} does not exist.")
    with os.scandir(place) as found:
        entries = sorted((entry for entry in found if entry.name != ".git"), key=lambda e: (not e.is_dir(), e.name))
    lines = [
        f"{entry.name}/" if entry.is_dir() else f"{entry.name}  {entry.stat(follow_symlinks=False).st_size}"
        for entry in entries[:_MAX_ENTRIES]
    ]
    truncated = len(entries) > _MAX_ENTRIES
    if truncated:
        lines.append(f"[... {len(entries) - _MAX_ENTRIES} more ...]")
    noun = "entry" if len(entries) == 1 else "entries"
    return ActionResult(ok=True, summary=f"{path}: {len(entries)} {noun}", output="\n".join(lines), truncated=truncated)


def find(context: ToolContext, path: str, pattern: str, text: str) -> ActionResult:
    """Files whose name or path fits `pattern`, or lines that hold `text`; folders of tools and caches are left out."""
    top = readable(context.workspace, path)
    if not top.is_dir():
        raise ToolError(f"{path} is not a folder.")
    matches: list[str] = []
    for place in _files(context, top):
        shown = relative(context.workspace, place)
        if pattern and not (fnmatch.fnmatch(place.name, pattern) or fnmatch.fnmatch(shown, pattern)):
            continue
        matches += _lines_with(place, shown, text) if text else [shown]
        if len(matches) > _MAX_MATCHES:
            break
    truncated = len(matches) > _MAX_MATCHES
    count = f"more than {_MAX_MATCHES}" if truncated else str(len(matches))
    output = "\n".join(matches[:_MAX_MATCHES])
    return ActionResult(ok=True, summary=f"{count} found below {path}", output=output, truncated=truncated)


def _files(context: ToolContext, top: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        if context.cancel.is_set():
            raise ToolError("The search was cancelled.")
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            place = Path(folder) / name
            if place.is_file() and not place.is_symlink():
                yield place


def _lines_with(place: Path, shown: str, text: str) -> list[str]:
    if is_secret(shown) or place.stat().st_size > _MAX_SEARCHED_BYTES:
        return []
    try:
        data = place.read_bytes()
    except PermissionError:  # a file that cannot be read holds nothing that could be shown
        return []
    if b"\0" in data:
        return []
    lines = data.decode("utf-8", "replace").splitlines()
    return [f"{shown}:{number}: {line.strip()[:200]}" for number, line in enumerate(lines, 1) if text in line]
