"""A folder, a link or a file that becomes a symbolic link to the outside while the workspace is worked on: nothing outside changes,
nothing of it is read, and every call works or is refused with a sentence."""

import shutil
import stat
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codey_tui.engine.checkpoints import CheckpointFailed, Checkpoints
from codey_tui.engine.errors import EngineError
from codey_tui.engine.writer import NewFile, StagedEdit, recover
from codey_tui.sandbox import Limits, Rlimits
from codey_tui.tools import ToolContext, ToolError, registry
from tests.fakes.swapper import Swapper, exchange, relink

ROUNDS = 12
NAMES = ("a.txt", "b.txt", "sub/c.txt")
CALLS: tuple[dict[str, Any], ...] = (
    {"op": "write", "path": "d/a.txt", "content": "ours\n"},
    {"op": "edit", "path": "d/b.txt", "search": "line", "replace": "changed"},
    {"op": "write", "path": "d/new.txt", "content": "ours\n"},
    {"op": "mkdir", "path": "d/made/deep"},
    {"op": "copy", "path": "d/sub", "target": "d/copied"},
    {"op": "copy", "path": "d", "target": "all"},
    {"op": "move", "path": "d/a.txt", "target": "d/moved.txt"},
    {"op": "move", "path": "d/sub", "target": "away"},
    {"op": "move", "path": "mine.txt", "target": "d/"},
    {"op": "read", "path": "d/a.txt"},
    {"op": "list", "path": "d"},
    {"op": "find", "path": "d", "text": "OUT"},
    {"op": "delete", "paths": ["d/b.txt", "d/sub"]},
    {"op": "delete", "path": "d"},
)


class Place:
    """A workspace with the folder `d`, and beside it a folder with files of the same names, which nobody may touch."""

    def __init__(self, base: Path) -> None:
        self.workspace = base / "work"
        self.outside = base / "outside"
        for name in NAMES:
            (self.outside / name).parent.mkdir(parents=True, exist_ok=True)
            (self.outside / name).write_text(f"OUTSIDE line {name}\n")
        self.before = picture(self.outside)
        self.state = base / "state"
        self.checkpoints = Checkpoints(self.state / "checkpoints", self.workspace)
        self.turn = 0
        self.came_out: Counter[str] = Counter()

    def fill(self) -> None:
        """The workspace as it is at the beginning of a round, `d` being a folder."""
        shutil.rmtree(self.workspace, ignore_errors=True)
        for name in NAMES:
            place = self.workspace / "d" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"inside line {name}\n")
        (self.workspace / "mine.txt").write_text("mine")

    def try_to(self, what: Callable[[], object]) -> None:
        """Do it; a refusal must be one that a person can read."""
        try:
            what()
        except (ToolError, EngineError, CheckpointFailed) as refusal:
            assert str(refusal).endswith("."), repr(refusal)
            self.came_out["refused"] += 1
        else:
            self.came_out["worked"] += 1

    def call(self, args: dict[str, Any]) -> None:
        """One call of the file tool, and what it gives out."""
        turn = self.turn
        context = ToolContext(
            workspace=self.workspace,
            sandbox=Rlimits(),
            limits=Limits(),
            on_output=lambda _text: None,
            cancel=threading.Event(),
            before_change=lambda path: self.checkpoints.before(turn, path),
        )
        tool = registry.find("file")
        decoded = registry.decode(tool, args)
        _, preview = tool.assess(decoded, context)
        result = tool.run(decoded, context)
        assert "OUTSIDE" not in preview.body + result.output

    def grow(self) -> None:
        """A new file as the model writes one."""
        self.checkpoints.before(self.turn, "d/grown/x.py")
        file = NewFile(self.workspace, "d/grown/x.py", self.state)
        file.append("ours\n")
        file.append("ours\n")
        file.commit()

    def change(self) -> None:
        """A change to a file that is there, as the model proposes one."""
        staged = StagedEdit(self.workspace, "d/a.txt", self.state)
        assert "OUTSIDE" not in staged.before
        self.checkpoints.before(self.turn, "d/a.txt")
        staged.commit("ours\n")

    def work(self) -> None:
        """A turn of everything, undone, with the refusals counted."""
        self.turn += 1
        for args in CALLS:
            self.try_to(lambda args=args: self.call(args))
        self.try_to(self.grow)
        self.try_to(self.change)
        if self.checkpoints.has(self.turn):
            self.try_to(lambda: self.checkpoints.undo(self.turn))
        recover(self.state, self.workspace)


def picture(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder: mode, number of names, bytes."""
    found = {folder.as_posix(): (folder.stat().st_mode, 0, b"")}
    for place in folder.rglob("*"):
        status = place.lstat()
        data = place.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[place.as_posix()] = (status.st_mode, status.st_nlink, data)
    return found


def a_link(place: Place) -> Callable[[], None]:
    """`d` is a link within the workspace."""
    (place.workspace / "d").rename(place.workspace / "real")
    (place.workspace / "d").symlink_to("real")
    return relink(place.workspace / "d", (Path("real"), place.outside))


def a_folder(place: Place) -> Callable[[], None]:
    (place.workspace / "evil").symlink_to(place.outside)
    return exchange(place.workspace / "d", place.workspace / "evil")


def an_inner_folder(place: Place) -> Callable[[], None]:
    (place.workspace / "evil").symlink_to(place.outside / "sub")
    return exchange(place.workspace / "d" / "sub", place.workspace / "evil")


def a_file(place: Place) -> Callable[[], None]:
    (place.workspace / "evil").symlink_to(place.outside / "a.txt")
    return exchange(place.workspace / "d" / "a.txt", place.workspace / "evil")


@pytest.mark.parametrize("trick", [a_link, a_folder, an_inner_folder, a_file])
def test_nothing_outside_changes_while_names_are_swapped(
    tmp_path: Path, trick: Callable[[Place], Callable[[], None]]
) -> None:
    place = Place(tmp_path)
    place.fill()
    with Swapper(trick(place)) as swapper:
        for _ in range(ROUNDS):
            with swapper.paused():
                place.fill()
                trick(place)
            place.work()
    assert picture(place.outside) == place.before
    stored = [blob.read_bytes() for blob in (place.state / "checkpoints" / "blobs").rglob("*") if blob.is_file()]
    assert not any(b"OUTSIDE" in data for data in stored)
    assert swapper.swaps > 10 * ROUNDS
    assert place.came_out["refused"]
    assert place.came_out["worked"]
