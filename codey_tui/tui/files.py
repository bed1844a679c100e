"""The files of a workspace as the screen shows them: one directory at a time, without what .gitignore leaves out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

ALWAYS_IGNORED = frozenset(
    (".git", ".hg", ".svn", "__pycache__", "node_modules", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache")
)


def is_file(path: Path) -> bool:
    """Whether there is such a file; what a person wrote may also be no path at all, or lead where nobody may look."""
    try:
        return path.is_file()
    except OSError:
        return False


class FileEntry(msgspec.Struct, frozen=True):
    """One name in a directory; `path` is relative to the workspace, with POSIX separators."""

    name: str
    path: str
    is_dir: bool


class Workspace:
    """Lists directories of a workspace. Blocking: meant for a worker thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._specs: dict[str, tuple[int, GitIgnoreSpec | None]] = {}

    def list_dir(self, folder: str) -> list[FileEntry]:
        """What a directory holds, directories first, each by name; empty where it is gone or may not be read."""
        try:
            with os.scandir(self.root / folder) as found:
                raw = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
        except OSError:
            return []  # gone since it was seen: its parent's listing says so
        prefix = f"{folder}/" if folder else ""
        entries = [
            FileEntry(name, prefix + name, is_dir)
            for name, is_dir in raw
            if name not in ALWAYS_IGNORED and not self._ignored(prefix + name, is_dir)
        ]
        return sorted(entries, key=lambda entry: (not entry.is_dir, entry.name.lower(), entry.name))

    def scan(self, limit: int) -> list[str]:
        """The paths of at most `limit` files, the shallow ones first."""
        paths: list[str] = []
        folders = [""]
        while folders and len(paths) < limit:
            below: list[str] = []
            for folder in folders:
                for entry in self.list_dir(folder):
                    (below if entry.is_dir else paths).append(entry.path)
                if len(paths) >= limit:
                    break
            folders = below
        return paths[:limit]

    def _ignored(self, path: str, is_dir: bool) -> bool:
        """Whether .gitignore leaves a path out: the deepest file that says anything about it decides."""
        folder = path.rpartition("/")[0]
        while True:
            spec = self._spec(folder)
            if spec is not None:
                local = path[len(folder) + 1 :] if folder else path
                said = spec.check_file(f"{local}/" if is_dir else local).include
                if said is not None:
                    return said
            if not folder:
                return False
            folder = folder.rpartition("/")[0]

    def _spec(self, folder: str) -> "GitIgnoreSpec | None":
        path = self.root / folder / ".gitignore"
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            return None  # the usual case: no such file
        held = self._specs.get(folder)
        if held is not None and held[0] == stamp:
            return held[1]
        import pathspec

        try:
            spec = pathspec.GitIgnoreSpec.from_lines(path.read_text("utf-8", "replace").splitlines())
        except (OSError, ValueError):
            spec = None  # unreadable or malformed: shown rather than hidden
        self._specs[folder] = (stamp, spec)
        return spec
