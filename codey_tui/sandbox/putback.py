"""Keeps the protected parts of a workspace where they cannot be made read-only: remembered before, put back after."""

import os
import shutil
from pathlib import Path

from codey_tui.sandbox.base import SandboxError
from codey_tui.sandbox.places import protected

_MAX_BYTES = 16 << 20


class Guard:
    """What the protected parts held when it was made. Raises SandboxError when that is too much to remember."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._kept = {name: _tree(workspace / name) for name in protected(workspace)}

    def put_back(self) -> list[str]:
        """Restore what differs, and name it."""
        changed = [name for name, tree in self._kept.items() if _now(self._workspace / name) != tree]
        for name in changed:
            place = self._workspace / name
            _remove(place)
            for part, (mode, content) in self._kept[name].items():
                _write(place / part if part else place, mode, content)
        return changed


Content = bytes | str | None
"""Of a file its bytes, of a symbolic link its target, of a folder nothing."""


def _now(place: Path) -> dict[str, tuple[int, Content]] | None:
    """As it is; None when it grew too large to be what it was."""
    try:
        return _tree(place)
    except (SandboxError, OSError):
        return None


def _tree(place: Path) -> dict[str, tuple[int, Content]]:
    """All below a place by relative name, folders before what they hold."""
    found: dict[str, tuple[int, Content]] = {}
    left = _MAX_BYTES
    waiting = [place] if os.path.lexists(place) else []
    while waiting:
        path = waiting.pop()
        told = path.lstat()
        content: Content = None
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_dir():
            waiting += path.iterdir()
        elif path.is_file():
            left -= told.st_size
            if left < 0:
                raise SandboxError(f"{place} holds more than can be guarded in this sandbox; make it smaller.")
            content = path.read_bytes()
        found[str(path.relative_to(place)) if path != place else ""] = (told.st_mode & 0o7777, content)
    return found


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _write(place: Path, mode: int, content: Content) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        place.symlink_to(content)
        return
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)
    place.chmod(mode)
