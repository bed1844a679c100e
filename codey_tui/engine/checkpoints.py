"""Checkpoints: what the files of a workspace held before each turn, so that undo brings back exact bytes, modes and absence.

A store of its own in the data folder; git's index, branches and stash are never touched.
"""

import os
from pathlib import Path, PurePosixPath

from codey_tui.engine.growing import sync_folder
from codey_tui.engine.manifest import append_entries, firsts, read_entries
from codey_tui.engine.snapshots import BlobStore, CheckpointFailed, Entry, capture, capture_tree
from codey_tui.engine.undo import Restored, Undo
from codey_tui.engine.workspace_paths import PathRefused, hold_known, refusals
from codey_tui.tools.held import Held

__all__ = ["CheckpointFailed", "Checkpoints", "Restored"]


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
        known = self._before(turn)
        with refusals(), hold_known(self._workspace, relpath) as held:
            try:
                first = held.path not in known
                self._append(turn, self._first_sight(held, known) if first else self._seen_again(held, turn))
                if held.is_link():
                    self._before_target(turn, held.path)
            except OSError as error:
                raise _failed(f"{held.path} could not be kept for undo, so it was not touched", error) from error

    def after(self, turn: int, relpath: str) -> None:
        """Note what `turn` left at `relpath`, so that undo can tell a later change of someone else from it."""
        with refusals(), hold_known(self._workspace, relpath, under_file=True) as held:
            try:
                self._append(turn, [capture(held, self._blobs, "after")])
            except OSError as error:
                raise _failed(f"The new state of {held.path} could not be noted", error) from error

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
        undo = Undo(self._root, self._workspace, self._blobs, turn)
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
        self._last.pop(turn, None)
        return undo.result()

    def _first_sight(self, held: Held, known: dict[str, Entry]) -> list[Entry]:
        """The entries for a path that this turn has not seen, with the folders above it that do not exist yet."""
        path = held.path
        parents = [parent.as_posix() for parent in reversed(PurePosixPath(path).parents) if parent.parts]
        top = next((name for name in parents if name in known and known[name].kind == "absent"), None)
        if top is not None:
            # It came to be within this turn. Its bytes are kept all the same, whoever wrote them.
            within = (*parents[parents.index(top) :], path)
            absent = [Entry(path=name, kind="absent") for name in within if name not in known]
            return absent + capture_tree(held, self._blobs, "during")
        missing = [Entry(path=parent, kind="absent") for parent in parents[len(held.above) :] if parent not in known]
        return missing + capture_tree(held, self._blobs)

    def _seen_again(self, held: Held, turn: int) -> list[Entry]:
        """What stands at a known path by now, where that is news: someone else may have written it since."""
        last = self._last.setdefault(turn, {})
        present = capture_tree(held, self._blobs, "during")
        return [entry for entry in present if entry.path not in last or not entry.same(last[entry.path])]

    def _before_target(self, turn: int, path: str) -> None:
        """A write through a symlink changes its target: keep that too, where it lies in the workspace."""
        try:
            target = hold_known(self._workspace, path, follow=True)
        except PathRefused:
            return  # outside: no tool of ours writes there
        known = self._before(turn)
        with target:
            if target.path != path and not target.is_folder():
                first = target.path not in known
                self._append(turn, self._first_sight(target, known) if first else self._seen_again(target, turn))

    # --- the manifest -----------------------------------------------------------------------------------------------
    def _manifest(self, turn: int) -> Path:
        return self._turns / f"{turn}.jsonl"

    def _before(self, turn: int) -> dict[str, Entry]:
        """The first entry of every path of a turn."""
        if turn not in self._known:
            self._known[turn] = firsts(self._read(turn))
        return self._known[turn]

    def _read(self, turn: int) -> list[Entry]:
        return read_entries(self._manifest(turn))

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


def _failed(what: str, error: OSError) -> CheckpointFailed:
    return CheckpointFailed(f"{what}: {error.strerror or error}.")
