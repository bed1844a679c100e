"""Our own searcher: `python -m codey_tui.tools.search_files JSON` prints matches the way `rg --json` does.

It reads what .gitignore files leave, skips binary and large files, and exits 0 with matches, 1 without, 2 for bad patterns.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pathspec

from codey_tui.tools import file_types

MAX_FILE_BYTES = 4 << 20
_NEVER = frozenset({".git"})
_Rules = tuple[tuple[str, pathspec.GitIgnoreSpec], ...]


def main() -> int:
    """Search the present folder as the argument says."""
    wish: dict[str, Any] = json.loads(sys.argv[1])
    try:
        text = re.escape(wish["pattern"]) if wish["literal"] else wish["pattern"]
        pattern = re.compile(text, re.IGNORECASE if wish["ignore_case"] else 0)
    except (re.error, OverflowError, RecursionError) as error:
        print(f"the pattern is no regular expression: {error}", file=sys.stderr)
        return 2
    endings = file_types.globs(tuple(wish["types"]))
    matched = False
    for path in _files(wish["path"], respect=not wish["ignored"]):
        if not endings or path.rsplit("/", 1)[-1].endswith(endings):
            for message in _search(path, pattern, wish["context"]):
                matched = True
                sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()
    return 0 if matched else 1


def _files(where: str, *, respect: bool) -> Iterator[str]:
    """Regular files below `where` in order, as relative paths; links are not followed."""
    if Path(where).is_file():
        yield where
        return
    above = [".", *(str(folder) for folder in reversed(Path(where).parents))] if where != "." else []
    rules: _Rules = ()
    for folder in dict.fromkeys(above):
        rules = _with_rules(rules, folder, respect)
    yield from _below(where, rules, respect)


def _below(folder: str, rules: _Rules, respect: bool) -> Iterator[str]:
    rules = _with_rules(rules, folder, respect)
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        print(f"{folder}: {error.strerror}", file=sys.stderr)
        return
    for entry in entries:
        path = entry.name if folder == "." else f"{folder}/{entry.name}"
        if entry.is_symlink() or entry.name in _NEVER:
            continue
        if entry.is_dir():
            if not _ignored(f"{path}/", rules):
                yield from _below(path, rules, respect)
        elif entry.is_file() and not _ignored(path, rules):
            yield path


def _with_rules(rules: _Rules, folder: str, respect: bool) -> _Rules:
    """The rules and those of the folder's own .gitignore, which binds what lies below it."""
    if not respect:
        return rules
    for name in (".gitignore", ".ignore"):
        place = Path(folder) / name
        if place.is_file():
            lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
            rules = (*rules, ("" if folder == "." else f"{folder}/", pathspec.GitIgnoreSpec.from_lines(lines)))
    return rules


def _ignored(path: str, rules: _Rules) -> bool:
    """The innermost .gitignore that has a word to say decides."""
    for base, spec in reversed(rules):
        if path.startswith(base):
            decided = spec.check_file(path[len(base) :]).include
            if decided is not None:
                return decided
    return False


def _search(path: str, pattern: "re.Pattern[str]", around: int) -> Iterator[dict[str, Any]]:
    """The matches in one file with the lines around them, each line once."""
    try:
        place = Path(path)
        if place.stat().st_size > MAX_FILE_BYTES:
            return
        data = place.read_bytes()
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return
    if b"\0" in data[:8192]:
        return
    lines = data.decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    hits = [number for number, line in enumerate(lines) if pattern.search(line.rstrip("\r"))]
    shown = sorted({near for hit in hits for near in range(hit - around, hit + around + 1) if 0 <= near < len(lines)})
    matches = set(hits)
    for number in shown:
        kind = "match" if number in matches else "context"
        data_of = {"path": {"text": path}, "lines": {"text": lines[number] + "\n"}, "line_number": number + 1}
        yield {"type": kind, "data": data_of}


if __name__ == "__main__":
    sys.exit(main())
