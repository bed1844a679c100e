"""No sequence of file actions, approvals, rejections, the person's own edits and undos loses a byte that the person had, or
changes anything outside of the workspace."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codey_tui.engine.approvals import Decision
from codey_tui.engine.errors import EngineError
from codey_tui.engine.snapshots import CheckpointFailed
from codey_tui.store.database import Database
from tests.fakes.acting import Acting, Picture, picture

# More and other sequences: HYPOTHESIS_PROFILE=thorough pytest tests/integration/test_nothing_is_lost.py
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

FILES = ("a", "A", "b.txt", "d/x", "d/e/y", "n/e/w", "-rf", "caf\u00e9", "cafe\u0301", "link", "up/x", "odd ")
FOLDERS = ("d", "d/e", "n", "up", "tree/deep")
OUTSIDE = ("out", "out/canary", "../canary", "loop/x", ".git/config")
PATHS = st.sampled_from(FILES + FOLDERS)
ANY = st.sampled_from(FILES + FOLDERS + OUTSIDE)
ANSWERS = st.sampled_from([Decision("allow", "person")] * 4 + [Decision("reject", "person", reason="no")])
PARTS = st.sets(st.integers(0, 4), min_size=1).map(lambda some: Decision("allow", "person", hunks=tuple(sorted(some))))
CALLS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries(
        {"op": st.just("write"), "path": ANY, "content": st.sampled_from(["", "ours\n", "ours\r\n\u00e9"])}
    ),
    st.fixed_dictionaries(
        {"op": st.just("edit"), "path": ANY, "search": st.just("line 3"), "replace": st.just("ours")}
    ),
    st.fixed_dictionaries({"op": st.just("delete"), "paths": st.lists(ANY, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": ANY, "target": ANY}),
    st.fixed_dictionaries({"op": st.just("mkdir"), "paths": st.lists(ANY, min_size=1, max_size=2)}),
)


class NothingIsLost(RuleBasedStateMachine):
    """`stack` holds, for each turn that can be undone, how the workspace was when it began; None where the person changed
    anything since. `theirs` are the contents that the person wrote and has not overwritten or removed."""

    @initialize()
    def start(self) -> None:
        self.base = Path(os.path.realpath(tempfile.mkdtemp(prefix="codey-lost-")))
        self.database = Database.open(self.base / "codey.db")
        self.acting = Acting(self.base, self.database)
        self.workspace = self.acting.workspace
        self.canary = self.base / "canary"
        (self.canary / "sub").mkdir(parents=True)
        (self.canary / "sub" / "file").write_text("canary")
        (self.canary / "canary").write_text("canary")
        self.outside = picture(self.canary)
        self.written = 0
        self.theirs: set[bytes] = set()
        self.stack: dict[int, Picture | None] = {}
        self.touched: set[str] = set()
        self.links: list[str] = []
        for path, mode in {"a": 0o640, "b.txt": 0o755, "d/x": 0o400, "d/e/y": 0o644, "caf\u00e9": 0o600}.items():
            self._write(path).chmod(mode)
        (self.workspace / "d").chmod(0o750)
        (self.workspace / "tree/deep").mkdir(parents=True)
        for name, target in {"link": "b.txt", "up": "d", "out": str(self.canary), "loop": "loop"}.items():
            (self.workspace / name).symlink_to(target)
        (self.workspace / ".git").mkdir()
        (self.workspace / ".git/config").write_text("git")
        self.initial = picture(self.workspace)
        self.touched.clear()
        self.stack[self.acting.turn] = self.initial

    def teardown(self) -> None:
        if not hasattr(self, "acting"):
            return
        try:
            self.undo_everything()
        finally:
            self.acting.close()
            self.database.close()
            shutil.rmtree(self.base)

    # --- what the model and its tools do ----------------------------------------------------------------------------
    @rule(args=CALLS, decision=ANSWERS)
    def act(self, args: dict[str, Any], decision: Decision) -> None:
        before = picture(self.workspace)
        settled = self.acting.call(args, decision)
        if settled.result is None or "leads out" in settled.result.summary:
            assert picture(self.workspace) == before

    @rule(path=PATHS, decision=st.one_of(ANSWERS, PARTS))
    def change_in_parts(self, path: str, decision: Decision) -> None:
        def rewrite(text: str) -> str:
            lines = text.split("\n")
            return "\n".join(f"ours {line}" if number % 12 == 3 else line for number, line in enumerate(lines))

        with contextlib.suppress(EngineError):
            self.acting.change(path, rewrite, decision)

    @rule(path=ANY, whole=st.booleans())
    def grow(self, path: str, whole: bool) -> None:
        with contextlib.suppress(EngineError):
            self.acting.grow(path, ["ours ", "grows\n"], whole=whole)

    # --- what the person does ---------------------------------------------------------------------------------------
    @rule(path=PATHS)
    def person_writes(self, path: str) -> None:
        with contextlib.suppress(OSError):
            self._write(path)

    @rule(path=st.sampled_from(FILES), mode=st.sampled_from([0o600, 0o755]))
    def person_changes_a_mode(self, path: str, mode: int) -> None:
        place = self._place(path)
        if place.is_file() and not place.is_symlink():
            place.chmod(mode)
            self._edited(place)

    @rule(path=PATHS)
    def person_removes(self, path: str) -> None:
        place = self._place(path)
        self._gone(place)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        elif os.path.lexists(place):
            place.unlink()

    @rule(path=PATHS, leads_to=st.sampled_from(["b.txt", "d", "nowhere", "../canary"]))
    def person_links(self, path: str, leads_to: str) -> None:
        place = self._place(path)
        if not os.path.lexists(place):
            with contextlib.suppress(OSError):
                place.symlink_to(leads_to)
                self._edited(place)
                self.links.append(place.relative_to(self.workspace).as_posix())

    # --- turns ------------------------------------------------------------------------------------------------------
    @rule()
    def next_turn(self) -> None:
        self.acting.turn += 1
        self.stack[self.acting.turn] = picture(self.workspace)

    @rule()
    def restart(self) -> None:
        self.acting.restart()

    @precondition(lambda self: len(self.stack) > 1)
    @rule()
    def undo(self) -> None:
        start = self.stack.pop(self.acting.turn)
        self._undo()
        if start is not None:
            assert picture(self.workspace) == start
        self.acting.turn -= 1

    def undo_everything(self) -> None:
        while self.acting.turn:
            self._undo()
            self.acting.turn -= 1
        self.every_byte_of_the_person_is_somewhere()
        self.nothing_outside_has_changed()
        after = picture(self.workspace)
        for path, was in self.initial.items():
            if not any(_related(path, other) for other in self.touched):
                assert after.get(path) == was, path

    def _undo(self) -> None:
        """Undo the turn; where a link of the person is in the way, nothing happens until it is gone."""
        if not self.acting.checkpoints.has(self.acting.turn):
            return
        before = picture(self.workspace)
        try:
            self.acting.undo()
        except CheckpointFailed as failed:
            assert "symbolic link. Nothing was undone." in str(failed) or "symbolic links. Nothing was" in str(failed)
            assert picture(self.workspace) == before
            for path in self.links:
                if (self.workspace / path).is_symlink():
                    (self.workspace / path).unlink()
            self.acting.undo()

    # --- what always holds ------------------------------------------------------------------------------------------
    @invariant()
    def every_byte_of_the_person_is_somewhere(self) -> None:
        if hasattr(self, "acting"):
            kept = {
                data for folder in (self.workspace, self.acting.state_dir) for _, _, data in picture(folder).values()
            }
            assert self.theirs <= kept

    @invariant()
    def nothing_outside_has_changed(self) -> None:
        if hasattr(self, "acting"):
            assert picture(self.canary) == self.outside
            assert (self.workspace / ".git/config").read_text() == "git"

    def _place(self, path: str) -> Path:
        """Where the person's hand goes: through links within the workspace, never out of it."""
        place = self.workspace / path
        real = Path(os.path.realpath(place.parent)) / place.name
        return real if real.is_relative_to(self.workspace) else self.workspace / "elsewhere"

    def _write(self, path: str) -> Path:
        """The person writes a text that nobody else has, where neither a folder nor a link is."""
        place = self._place(path)
        if place.is_dir() or place.is_symlink():
            return place
        self.written += 1
        data = "\n".join(f"{self.written} line {number}" for number in range(30)).encode()
        place.parent.mkdir(parents=True, exist_ok=True)
        self._gone(place)
        place.write_bytes(data)
        self.theirs.add(data)
        return place

    def _gone(self, place: Path) -> None:
        """What stands there is about to be removed or overwritten by the person."""
        if place.is_dir() and not place.is_symlink():
            for item in place.rglob("*"):
                self._gone(item)
        elif place.is_file() and not place.is_symlink():
            self.theirs.discard(place.read_bytes())
        self._edited(place)

    def _edited(self, place: Path) -> None:
        """The person changed something there: what turns found is not what undo has to bring back any more."""
        self.stack = dict.fromkeys(self.stack)
        self.touched.add(place.relative_to(self.workspace).as_posix())


def _related(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")


NothingIsLost.TestCase.settings = settings(
    max_examples=400 if THOROUGH else 25,
    stateful_step_count=40 if THOROUGH else 20,
    derandomize=not THOROUGH,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestNothingIsLost = NothingIsLost.TestCase
