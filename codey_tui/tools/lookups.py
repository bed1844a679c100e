"""The looking half of the file tool: read, list and find; nothing is changed, secrets are not shown."""

import fnmatch
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.held import Held
from codey_tui.tools.odd_names import shown
from codey_tui.tools.places import hold_to_read, is_secret, readable

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
    body = f"{op} {', '.join(map(shown, paths))}"
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
        with hold_to_read(context.workspace, path) as held:
            text, summary, cut = _read_one(held, start, end)
        texts.append(text if len(paths) == 1 else f"--- {held.said}\n{text}")
        summaries.append(summary)
        truncated = truncated or cut
    return ActionResult(ok=True, summary="; ".join(summaries), output="\n".join(texts), truncated=truncated)


def _read_one(held: Held, start: int, end: int) -> tuple[str, str, bool]:
    path = held.said
    found = held.found()
    if found is None:
        raise ToolError(f"{path} does not exist.")
    if held.is_folder():
        raise ToolError(f'{path} is a folder; "list" shows what is in it.')
    data = held.read(MAX_READ_BYTES + 1)
    cut = len(data) > MAX_READ_BYTES
    decoded = _decoded(data[:MAX_READ_BYTES], cut=cut)
    if decoded is None:
        raise ToolError(f"{path} is a binary file of {found.st_size:,} bytes ({_kind(data)}), not text.")
    text, encoding = decoded
    lines = text.splitlines(keepends=True)
    last = min(end or len(lines), len(lines))
    if start > max(1, len(lines)):
        raise ToolError(f"{path} has {len(lines)} lines; there is no line {start}.")
    note = f" (the first {MAX_READ_BYTES >> 10} KiB of {found.st_size:,} bytes)" if cut else ""
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
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), name
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
    with hold_to_read(context.workspace, path) as held:
        if not held.is_folder():
            raise ToolError(f"{held.said} is not a folder." if held.found() else f"{held.said} does not exist.")
        with held.children() as children:
            entries = sorted(_entry(child) for child in children if child.name != ".git")
    lines = [line for _, _, line in entries[:_MAX_ENTRIES]]
    truncated = len(entries) > _MAX_ENTRIES
    if truncated:
        lines.append(f"[... {len(entries) - _MAX_ENTRIES} more ...]")
    noun = "entry" if len(entries) == 1 else "entries"
    summary = f"{held.said}: {len(entries)} {noun}"
    return ActionResult(ok=True, summary=summary, output="\n".join(lines), truncated=truncated)


def _entry(child: Held) -> tuple[bool, str, str]:
    """Whether it is no folder, its name, and its line; a link to a folder counts as one, wherever it leads."""
    name = shown(child.name)
    try:
        folder = stat.S_ISDIR(os.stat(child.name, dir_fd=child.folder).st_mode)
    except OSError:  # a link to nowhere
        folder = False
    found = child.found()
    return not folder, child.name, f"{name}/" if folder else f"{name}  {found.st_size if found else 0}"


def find(context: ToolContext, path: str, pattern: str, text: str) -> ActionResult:
    """Files whose name or path fits `pattern`, or lines that hold `text`; folders of tools and caches are left out."""
    matches: list[str] = []
    with hold_to_read(context.workspace, path) as top:
        if not top.is_folder():
            raise ToolError(f"{top.said} is not a folder.")
        for held in _files(context, top):
            if pattern and not (fnmatch.fnmatch(held.name, pattern) or fnmatch.fnmatch(held.path, pattern)):
                continue
            matches += _lines_with(held, text) if text else [shown(held.path)]
            if len(matches) > _MAX_MATCHES:
                break
    truncated = len(matches) > _MAX_MATCHES
    count = f"more than {_MAX_MATCHES}" if truncated else str(len(matches))
    output = "\n".join(matches[:_MAX_MATCHES])
    return ActionResult(ok=True, summary=f"{count} found below {top.said}", output=output, truncated=truncated)


def _files(context: ToolContext, top: Held) -> Iterator[Held]:
    """Every file below; each is usable until the next is asked for."""
    for folder, folders, names, descriptor in os.fwalk(top.name, dir_fd=top.folder):
        if context.cancel.is_set():
            raise ToolError("The search was cancelled.")
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        above = (*top.above, *PurePosixPath(folder).parts)
        for name in sorted(names):
            held = Held(top.root, descriptor, above, name, "/".join((*above, name)))
            found = held.found()
            if found is not None and stat.S_ISREG(found.st_mode):
                yield held


def _lines_with(held: Held, text: str) -> list[str]:
    found = held.found()
    if is_secret(held.path) or found is None or found.st_size > _MAX_SEARCHED_BYTES:
        return []
    try:
        data = held.read()
    except PermissionError:  # a file that cannot be read holds nothing that could be shown
        return []
    if b"\0" in data:
        return []
    lines = data.decode("utf-8", "replace").splitlines()
    path = shown(held.path)
    return [f"{path}:{number}: {line.strip()[:200]}" for number, line in enumerate(lines, 1) if text in line]
