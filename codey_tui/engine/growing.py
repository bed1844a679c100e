"""Markers of files that are being written, so that after a crash the next start knows which of them are not whole."""

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec

from codey_tui.engine.workspace_paths import PathRefused, hold_known

MARKER_GLOB = "growing-*.json"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is not whole yet. `device` and `inode` tell it from another that took its place (0: not created yet);
    `folders` are those created for it, outermost first; `temporary` marks a copy beside the real file."""

    path: str
    device: int = 0
    inode: int = 0
    folders: tuple[str, ...] = ()
    temporary: bool = False


def marker_place(state_dir: Path, relpath: str) -> Path:
    """Where the marker of a workspace-relative path lies."""
    return state_dir / f"growing-{hashlib.sha256(os.fsencode(relpath)).hexdigest()[:24]}.json"


def save(state_dir: Path, marker: Marker) -> Path:
    """Write a marker so that it survives a power cut; returns its place. Raises OSError."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = marker_place(state_dir, marker.path)
    fresh = place.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(marker))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(place)
    sync_folder(state_dir)
    return place


def recover(state_dir: Path, workspace: Path) -> list[str]:
    """Remove the half-written files that a crash left behind, and the empty folders made for them.

    Returns the workspace-relative paths of the removed files. A file that is no longer the one that was being written is
    left alone. To be called once, at start, by the only engine of the workspace.
    """
    removed: list[str] = []
    if not state_dir.is_dir():
        return removed
    for place in sorted(state_dir.glob(MARKER_GLOB)):
        try:
            marker = msgspec.json.decode(place.read_bytes(), type=Marker)
        except (msgspec.DecodeError, OSError):
            place.unlink(missing_ok=True)  # cut off while it was written: nothing had been created yet
            continue
        if _remove(marker, workspace) and not marker.temporary:
            removed.append(marker.path)
        remove_empty(workspace, marker.folders)
        place.unlink(missing_ok=True)
    return removed


def remove_empty(workspace: Path, folders: tuple[str, ...]) -> None:
    """Remove those of `folders` that are empty, innermost first."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError, PathRefused), hold_known(workspace, folder) as held:
            held.rmdir()  # not empty, or gone: it stays as it is


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder survive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(marker: Marker, workspace: Path) -> bool:
    """Remove the marked file if it is still the same one."""
    try:
        with hold_known(workspace, marker.path) as held:
            found = held.found()
            if found is None:
                return False
            same = (found.st_dev, found.st_ino) == (marker.device, marker.inode)
            if not same and (marker.inode or found.st_size):
                return False
            held.unlink()
    except (OSError, PathRefused):
        return False
    return True
