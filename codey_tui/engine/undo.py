"""Undo of one turn: everything present is saved first, then absent paths are cleared and the others put back."""

import os
from pathlib import Path, PurePosixPath

import msgspec

from codey_tui.engine.manifest import append_entries, firsts
from codey_tui.engine.snapshots import BlobStore, CheckpointFailed, Entry, capture, clear, put_back


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo did, in workspace-relative paths: `restored` had content before the turn, `removed` did not exist.

    `kept` are (path, copy) of what someone else had changed after the turn; `notes` are sentences about them.
    """

    restored: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Undo:
    """One undo: first everything present is saved, then absent paths are cleared, then the others put back."""

    def __init__(self, root: Path, workspace: Path, blobs: BlobStore, turn: int) -> None:
        self._root = root
        self._workspace = workspace
        self._blobs = blobs
        self._turn = turn
        self._wanted: dict[str, Entry] = {}
        self._present: dict[str, Entry] = {}
        self._restored: list[str] = []
        self._removed: list[str] = []
        self._kept: list[tuple[str, str]] = []
        self._notes: list[str] = []

    def save_present(self, entries: list[Entry]) -> None:
        """Take what stands at the paths now into the store, and copies of what someone else changed."""
        self._wanted = firsts(entries)
        left = {entry.path: entry for entry in entries if entry.phase == "after"}
        for path in self._wanted:
            self._present[path] = capture(self._place(path), path, self._blobs)
        append_entries(self._root / "turns" / f"{self._turn}.present", list(self._present.values()))
        for path, present in self._present.items():
            changed = path in left and not present.same(left[path]) and not present.same(self._wanted[path])
            if changed and present.kind == "file":
                self._keep(path, present)

    def run(self) -> None:
        """Clear, then put back."""
        for path, entry in sorted(self._wanted.items(), key=_depth, reverse=True):
            if entry.kind == "absent" and self._present[path].kind != "absent":
                self._clear(path)
        for path, entry in sorted(self._wanted.items(), key=_depth):
            if entry.kind != "absent" and not self._present[path].same(entry):
                self._put_back(path, entry)
        for path, entry in self._wanted.items():
            if entry.kind == "folder" and self._place(path).is_dir():
                self._place(path).chmod(entry.mode)

    def result(self) -> Restored:
        """What was done."""
        return Restored(
            restored=tuple(sorted(self._restored)),
            removed=tuple(sorted(self._removed)),
            kept=tuple(self._kept),
            notes=tuple(self._notes),
        )

    def _clear(self, path: str) -> None:
        if clear(self._place(path)):
            self._removed.append(path)
        else:
            self._notes.append(f"{path} was made in turn {self._turn} but holds other files now, so it was left.")

    def _put_back(self, path: str, entry: Entry) -> None:
        place = self._place(path)
        if entry.kind == "other":
            self._notes.append(f"{path} was a device, socket or pipe; that cannot be brought back.")
            return
        if self._present[path].kind not in {entry.kind, "absent"} and not clear(place):
            aside = self._aside(place)
            place.rename(aside)
            self._kept.append((path, str(aside)))
            self._notes.append(f"The folder that stands at {path} now was renamed to {aside.name}.")
        try:
            put_back(entry, place, self._blobs)
        except CheckpointFailed as failed:
            self._notes.append(str(failed))
            return
        except FileNotFoundError:
            if not entry.sha256 or self._blobs.place(entry.sha256).exists():
                raise
            self._notes.append(f"The checkpoint of {path} is missing on disk, so it was not put back.")
            return
        if entry.kind != "folder":
            self._restored.append(path)

    def _keep(self, path: str, present: Entry) -> None:
        """A copy of a file that someone else changed after the turn."""
        copy = self._root / "kept" / f"turn-{self._turn}" / path
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while os.path.lexists(copy):
            copy = copy.with_name(f"{copy.name}~")
        self._blobs.copy_to(present.sha256, copy, 0o600)
        self._kept.append((path, str(copy)))
        self._notes.append(f"{path} had been changed after turn {self._turn}; that version is kept as {copy}.")

    def _aside(self, place: Path) -> Path:
        number = 1
        while os.path.lexists(aside := place.with_name(f"{place.name}.kept-{number}")):
            number += 1
        return aside

    def _place(self, path: str) -> Path:
        """The place of a recorded path; refused if a folder above it became a symlink out of the workspace meanwhile."""
        parent = Path(os.path.realpath((self._workspace / path).parent))
        if not parent.is_relative_to(self._workspace):
            raise CheckpointFailed(f"{path} leads out of the workspace by now, so nothing was undone.")
        return parent / PurePosixPath(path).name


def _depth(item: tuple[str, Entry]) -> int:
    return item[0].count("/")
