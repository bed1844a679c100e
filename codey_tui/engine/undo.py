"""Undo of one turn: everything present is saved first, then absent paths are cleared and the others put back."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec

from codey_tui.engine.manifest import append_entries, firsts
from codey_tui.engine.snapshots import BlobStore, CheckpointFailed, Entry, capture, clear, put_back
from codey_tui.engine.workspace_paths import PathRefused, hold_known, refusals
from codey_tui.tools.held import Held, cut


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
        self._keeping: Path | None = None
        self._begun = False

    def save_present(self, entries: list[Entry]) -> None:
        """Take what stands at the paths now into the store, and copies of what someone else changed."""
        self._wanted = firsts(entries)
        for path in self._wanted:
            with self._held(path) as held:
                self._present[path] = self._capture(held, path)
        self._note(list(self._present.values()))
        left = {entry.path: entry for entry in entries if entry.phase == "after"}
        for path, present in self._present.items():
            theirs = not present.same(self._wanted[path]) and _left(path, left, present) is False
            if theirs and present.kind == "file":
                self._keep(path, present)
        self._begun = True

    def run(self) -> None:
        """Clear, then put back."""
        for path, entry in sorted(self._wanted.items(), key=_depth, reverse=True):
            if entry.kind == "absent":
                with self._held(path) as held:
                    if self._now(held, path).kind != "absent":
                        self._clear(held, path)
        for path, entry in sorted(self._wanted.items(), key=_depth):
            if entry.kind != "absent":
                with self._held(path) as held:
                    now = self._now(held, path)
                    if not now.same(entry):
                        self._put_back(held, now, path, entry)
        for path, entry in self._wanted.items():
            if entry.kind == "folder":
                with self._held(path) as held:
                    if held.is_folder() and capture(held, self._blobs).mode != entry.mode:
                        held.set_mode(entry.mode)

    def result(self) -> Restored:
        """What was done."""
        return Restored(
            restored=tuple(sorted(self._restored)),
            removed=tuple(sorted(self._removed)),
            kept=tuple(self._kept),
            notes=tuple(self._notes),
        )

    def _clear(self, held: Held, path: str) -> None:
        if clear(held):
            self._removed.append(path)
        else:
            self._notes.append(f"{path} was made in turn {self._turn} but holds other files now, so it was left.")

    def _put_back(self, held: Held, now: Entry, path: str, entry: Entry) -> None:
        if entry.kind == "other":
            self._notes.append(f"{path} was a device, socket or pipe; that cannot be brought back.")
            return
        if held.missing:
            blocking = Held(held.root, held.folder, held.above, held.missing[0], held.said)
            if blocking.found() is not None and not blocking.is_folder():
                self._set_aside(blocking, "file")
        if now.kind not in {entry.kind, "absent"} and not clear(held):
            self._set_aside(held, "folder")
        try:
            put_back(entry, held, self._blobs)
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

    def _set_aside(self, held: Held, noun: str) -> None:
        """Rename what someone else put where something has to be put back."""
        aside = _aside(held)
        os.rename(held.name, aside, src_dir_fd=held.folder, dst_dir_fd=held.folder)
        self._kept.append((held.path, str(self._workspace.joinpath(*held.above, aside))))
        self._notes.append(f"The {noun} that stands at {held.path} now was renamed to {aside}.")

    def _keep(self, path: str, present: Entry) -> None:
        """A copy of a file that someone else changed after the turn."""
        if self._keeping is None:
            self._keeping = _free_folder(self._root / "kept", f"turn-{self._turn}")
        copy = self._keeping / path
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._blobs.export(present.sha256, copy)
        self._kept.append((path, str(copy)))
        self._notes.append(f"{path} had been changed after turn {self._turn}; that version is kept as {copy}.")

    def _capture(self, held: Held, path: str) -> Entry:
        """What stands there, by the path on record: a link above it may have given it another one since."""
        return msgspec.structs.replace(capture(held, self._blobs), path=path)

    def _now(self, held: Held, path: str) -> Entry:
        """What stands there at the moment of its change, in the store as well if that is news: someone else may be at work,
        and what was put back above may have shown another file."""
        now = self._capture(held, path)
        if not now.same(self._present[path]):
            self._note([now])
            self._present[path] = now
        return now

    def _note(self, entries: list[Entry]) -> None:
        append_entries(self._root / "turns" / f"{self._turn}.present", entries)

    @contextmanager
    def _held(self, path: str) -> Generator[Held]:
        """The place of a recorded path, held open; refused where it leads out of the workspace by now."""
        try:
            with refusals(), hold_known(self._workspace, path, under_file=True) as held:
                yield held
        except PathRefused as error:
            done = "The undo stopped there; nothing is lost." if self._begun else "Nothing was undone."
            raise CheckpointFailed(f"{error} {done}") from error


def _left(path: str, left: dict[str, Entry], present: Entry) -> bool | None:
    """Whether the turn left at `path` what is there now; None where that is not known."""
    if path in left:
        return present.same(left[path])
    above = next((left[name.as_posix()] for name in PurePosixPath(path).parents if name.as_posix() in left), None)
    return None if above is None or above.kind == "folder" else False  # it left nothing, since the folder was gone


def _aside(held: Held) -> str:
    taken = set(held.neighbours())
    number = 1
    while (aside := f"{cut(held.name)}.kept-{number}") in taken:
        number += 1
    return aside


def _free_folder(folder: Path, name: str) -> Path:
    number = 1
    place = folder / name
    while os.path.lexists(place):
        number += 1
        place = folder / f"{name}-{number}"
    return place


def _depth(item: tuple[str, Entry]) -> int:
    return item[0].count("/")
