"""Checkpoints: what the files of a workspace held before each turn, so that undo brings back exact bytes, modes and absence.

A store of its own in the data folder; git's index, branches and stash are never touched.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec

from codey_tui.engine.growing import sync_folder
from codey_tui.engine.snapshots import BlobStore, CheckpointFailed, Entry, capture, capture_tree, clear, put_back
from codey_tui.engine.workspace_paths import PathRefused, follow, relative, resolve

__all__ = ["CheckpointFailed", "Checkpoints", "Restored"]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo did, in workspace-relative paths: `restored` had content before the turn, `removed` did not exist.

    `kept` are (path, copy) of what someone else had changed after the turn; `notes` are sentences about them.
    """

    restored: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Checkpoints:
    """The checkpoints of one session. `root` belongs to that session alone and survives restarts.

    Every record is on disk before `before` returns, so that a kill or a power cut never leaves a change without its checkpoint.
    All methods block on the disk; they may be called from one thread at a time. Errors are `CheckpointFailed`.
    """

    def __init__(self, root: Path, workspace: Path) -> None:
        self._root = root
        self._turns = root / "turns"
        self._workspace = Path(os.path.realpath(workspace))
        self._blobs = BlobStore(root / "blobs")
        self._known: dict[int, dict[str, Entry]] = {}  # turn -> path -> what stood there before the turn
        self._last: dict[int, dict[str, Entry]] = {}  # turn -> path -> what was recorded last, of any phase

    def before(self, turn: int, relpath: str) -> None:
        """Keep what stands at `relpath`, before `turn` touches it for the first time; a folder is kept with all in it.

        Raises `PathRefused` for a path outside the workspace.
        """
        place = resolve(self._workspace, relpath)
        known = self._before(turn)
        path = relative(self._workspace, place)
        try:
            first = path not in known
            self._append(turn, self._first_sight(path, place, known) if first else self._seen_again(path, place, turn))
            if place.is_symlink():
                self._before_target(turn, path)
        except OSError as error:
            raise _failed(f"{path} could not be kept for undo, so it was not touched", error) from error

    def after(self, turn: int, relpath: str) -> None:
        """Note what `turn` left at `relpath`, so that undo can tell a later change of someone else from it."""
        place = resolve(self._workspace, relpath)
        path = relative(self._workspace, place)
        try:
            self._append(turn, [capture(place, path, self._blobs, "after")])
        except OSError as error:
            raise _failed(f"The new state of {path} could not be noted", error) from error

    def has(self, turn: int) -> bool:
        """Whether there is something to undo in `turn`."""
        return self._manifest(turn).exists()

    def turns(self) -> list[int]:
        """The turns that can be undone, the first first."""
        return sorted(int(place.stem) for place in self._turns.glob("*.jsonl") if place.stem.isdigit())

    def last_turn(self) -> int:
        """The last turn that can be undone, 0 when there is none."""
        return max(self.turns(), default=0)

    def touched(self, turn: int) -> tuple[str, ...]:
        """The paths that `turn` was about to change."""
        return tuple(self._before(turn))

    def undo(self, turn: int) -> Restored:
        """Bring back what stood at every path of `turn` before it.

        What stands there now goes into the store first; what someone else changed after the turn is also copied to a named
        place. An undo that was cut off can be run again.
        """
        if not self.has(turn):
            raise CheckpointFailed(f"There is nothing to undo in turn {turn}.")
        undo = _Undo(self._root, self._workspace, self._blobs, turn)
        try:
            entries = self._read(turn)
            undo.save_present(entries)
            undo.run()
            place = self._manifest(turn)
            place.replace(place.with_name(f"{turn}.undone-{os.urandom(4).hex()}"))
            sync_folder(self._turns)
        except CheckpointFailed:
            raise
        except OSError as error:
            raise _failed(
                f"Undo of turn {turn} stopped; mend the cause and undo again, nothing is lost", error
            ) from error
        self._known.pop(turn, None)
        return undo.result()

    def _first_sight(self, path: str, place: Path, known: dict[str, Entry]) -> list[Entry]:
        """The entries for a path that this turn has not seen, with the folders above it that do not exist yet."""
        parents = [parent.as_posix() for parent in reversed(PurePosixPath(path).parents) if parent.parts]
        if any(known[parent].kind == "absent" for parent in parents if parent in known):
            # It came to be within this turn. Its bytes are kept all the same, whoever wrote them.
            absent = [Entry(path=name, kind="absent") for name in (*parents, path) if name not in known]
            return absent + capture_tree(place, path, self._blobs, "during")
        missing = [
            Entry(path=parent, kind="absent")
            for parent in parents
            if parent not in known and not os.path.lexists(self._workspace / parent)
        ]
        return missing + capture_tree(place, path, self._blobs)

    def _seen_again(self, path: str, place: Path, turn: int) -> list[Entry]:
        """What stands at a known path by now, where that is news: someone else may have written it since."""
        last = self._last.setdefault(turn, {})
        present = capture_tree(place, path, self._blobs, "during")
        return [entry for entry in present if entry.path not in last or not entry.same(last[entry.path])]

    def _before_target(self, turn: int, path: str) -> None:
        """A write through a symlink changes its target: keep that too, where it lies in the workspace."""
        try:
            target = relative(self._workspace, follow(self._workspace, path))
        except PathRefused:
            return  # outside: no tool of ours writes there
        known = self._before(turn)
        if target != path and target not in known:
            self._append(turn, self._first_sight(target, self._workspace / target, known))

    # --- the manifest -----------------------------------------------------------------------------------------------
    def _manifest(self, turn: int) -> Path:
        return self._turns / f"{turn}.jsonl"

    def _before(self, turn: int) -> dict[str, Entry]:
        """The first entry of every path of a turn."""
        if turn not in self._known:
            self._known[turn] = _firsts(self._read(turn))
        return self._known[turn]

    def _read(self, turn: int) -> list[Entry]:
        """All entries of a turn; a last line that a power cut tore belongs to a change that never began."""
        try:
            lines = self._manifest(turn).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        entries: list[Entry] = []
        for line in lines:
            try:
                entries.append(msgspec.convert(json.loads(line), Entry))
            except (ValueError, msgspec.ValidationError):
                continue
        return entries

    def _append(self, turn: int, entries: list[Entry]) -> None:
        """Write entries to the manifest, on disk when this returns."""
        if not entries:
            return
        append_entries(self._manifest(turn), entries)
        known = self._before(turn)
        last = self._last.setdefault(turn, {})
        for entry in entries:
            last[entry.path] = entry
            if entry.phase == "before":
                known.setdefault(entry.path, entry)


class _Undo:
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
        self._wanted = _firsts(entries)
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


def append_entries(manifest: Path, entries: Iterable[Entry]) -> None:
    """Append entries as JSON lines; on disk when this returns. Raises OSError."""
    manifest.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    created = not manifest.exists()
    data = b"".join(_encoded(entry) + b"\n" for entry in entries)
    descriptor = os.open(manifest, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data  # the line before was torn by a power cut
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        sync_folder(manifest.parent)


def _encoded(entry: Entry) -> bytes:
    """An entry as a line of ASCII: names that are not UTF-8 pass as escaped surrogates."""
    return json.dumps(msgspec.to_builtins(entry)).encode("ascii")


def _firsts(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The first `before` entry of every path."""
    firsts: dict[str, Entry] = {}
    for entry in entries:
        if entry.phase == "before":
            firsts.setdefault(entry.path, entry)
    return firsts


def _depth(item: tuple[str, Entry]) -> int:
    return item[0].count("/")


def _failed(what: str, error: OSError) -> CheckpointFailed:
    return CheckpointFailed(f"{what}: {error.strerror or error}.")
