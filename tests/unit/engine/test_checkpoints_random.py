"""Undo under turns, persons and restarts in any order: no byte of a person is ever lost, and what the turn did is taken back."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codey_tui.engine.checkpoints import Checkpoints
from tests.fakes.picture import picture

PATHS = st.sampled_from(["a", "b", "d/x", "d/y", "d/e/z"])
DATA = st.binary(max_size=6)


class NothingIsLost(RuleBasedStateMachine):
    """Turns that change files by the contract (`before`, change, `after`), a person who changes them too, undo, restarts."""

    @initialize()
    def start(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="codey-checkpoints-"))
        self.workspace = self.base / "work"
        self.workspace.mkdir()
        self.turn = 1
        self.at_start: dict[str, tuple[int, bytes]] = {}
        self.by_person: set[bytes] = set()
        self.clean = True  # no one but the turn changed anything since it began
        self.restart()

    def teardown(self) -> None:
        if hasattr(self, "base"):
            shutil.rmtree(self.base)

    @rule()
    def restart(self) -> None:
        self.store = Checkpoints(self.base / "store", self.workspace)

    @rule(path=PATHS, data=DATA, mode=st.sampled_from([0o600, 0o644, 0o755]))
    def turn_writes(self, path: str, data: bytes, mode: int) -> None:
        if not self._writable(path):
            return
        self.store.before(self.turn, path)
        place = self.workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)
        self.store.after(self.turn, path)

    @rule(path=PATHS, other=PATHS)
    def turn_links(self, path: str, other: str) -> None:
        if not self._writable(path) or (self.workspace / path).exists():
            return
        self.store.before(self.turn, path)
        place = self.workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(self.workspace / other)

    @rule(path=st.sampled_from(["a", "b", "d", "d/e", "d/x"]))
    def turn_deletes(self, path: str) -> None:
        place = self.workspace / path
        if not os.path.lexists(place):
            return
        self.store.before(self.turn, path)
        shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()

    @rule(path=PATHS, number=st.integers(0, 9999))
    def person_writes(self, path: str, number: int) -> None:
        place = self.workspace / path
        if not self._writable(path) or place.is_symlink() or path not in self.store.touched(self.turn):
            return
        self.clean = False
        if place.is_file():
            self.by_person.discard(place.read_bytes())
        place.parent.mkdir(parents=True, exist_ok=True)
        data = b"person %d" % number
        place.write_bytes(data)
        self.by_person.add(data)

    @rule()
    def next_turn(self) -> None:
        self.turn += 1
        self.at_start = picture(self.workspace)
        self.clean = True

    @precondition(lambda self: self.store.has(self.turn))
    @rule()
    def undo(self) -> None:
        self.store.undo(self.turn)
        if self.clean:
            assert picture(self.workspace) == self.at_start
        self.turn += 1
        self.at_start = picture(self.workspace)
        self.clean = True

    @invariant()
    def every_byte_of_the_person_is_somewhere(self) -> None:
        if not self.by_person:
            return
        present = {data for _, data in picture(self.base).values()}
        assert self.by_person <= present

    def _writable(self, path: str) -> bool:
        """Whether a file may stand at `path`: no file or link above it, no folder at it, no link that leads nowhere sane."""
        place = self.workspace / path
        above = [self.workspace / parent for parent in Path(path).parents if parent.parts]
        with contextlib.suppress(OSError):
            return (
                not place.is_dir()
                and not any(folder.is_symlink() or folder.is_file() for folder in above)
                and not place.is_symlink()
            )
        return False


NothingIsLost.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestNothingIsLost = NothingIsLost.TestCase
