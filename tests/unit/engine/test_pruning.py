"""Which checkpoints are given up, and that what undo of a kept session needs never is."""

import os
from pathlib import Path

from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.engine.pruning import prune, remove_unused
from codey_tui.store.database import Database

DAY = 86400.0
NOW = 1_000 * DAY


def session(folder: Path, name: str, text: str) -> Checkpoints:
    """A session in which `a.txt`, with that text before, was changed."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    (work / "a.txt").write_text(text)
    checkpoints = Checkpoints(folder / "checkpoints" / name, work)
    checkpoints.before(1, "a.txt")
    (work / "a.txt").write_text("changed")
    return checkpoints


def files(folder: Path) -> list[str]:
    return sorted(str(place.relative_to(folder)) for place in folder.rglob("*") if place.is_file())


def test_only_sessions_that_were_not_used_for_long_lose_their_checkpoints(tmp_path: Path) -> None:
    session(tmp_path, "old", "old text")
    kept = session(tmp_path, "new", "new text")
    unknown = session(tmp_path, "unknown", "unknown text")
    os.utime(tmp_path / "checkpoints" / "unknown", (NOW, NOW))
    used = {"old": NOW - 91 * DAY, "new": NOW - 89 * DAY}
    free = remove_unused(tmp_path / "checkpoints", used.get, NOW - 90 * DAY)
    assert not (tmp_path / "checkpoints" / "old").exists()
    free()
    assert {place.split("/")[0] for place in files(tmp_path / "checkpoints")} == {"new", "unknown"}
    assert unknown.undo(1).restored == ("a.txt",)
    assert (tmp_path / "work" / "a.txt").read_text() == "unknown text"
    assert kept.undo(1).restored == ("a.txt",)
    assert (tmp_path / "work" / "a.txt").read_text() == "new text"


def test_versions_of_a_person_stay_where_undo_told_they_are(tmp_path: Path) -> None:
    checkpoints = session(tmp_path, "old", "text")
    checkpoints.after(1, "a.txt")
    (tmp_path / "work" / "a.txt").write_text("a person's own")
    [(_, copy)] = checkpoints.undo(1).kept
    remove_unused(tmp_path / "checkpoints", lambda _name: 0.0, NOW)()
    assert files(tmp_path / "checkpoints") == [str(Path(copy).relative_to(tmp_path / "checkpoints"))]
    assert Path(copy).read_text() == "a person's own"


def test_what_a_kill_left_half_removed_goes_with_the_next_call(tmp_path: Path) -> None:
    session(tmp_path, "old", "text")
    remove_unused(tmp_path / "checkpoints", lambda _name: 0.0, NOW)  # and never freed
    assert files(tmp_path / "checkpoints")
    remove_unused(tmp_path / "checkpoints", lambda _name: 0.0, NOW)()
    assert list((tmp_path / "checkpoints").iterdir()) == []
    remove_unused(tmp_path / "nothing", lambda _name: 0.0, NOW)()


def test_the_last_session_is_kept_however_old_and_zero_days_keep_all(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "codey.db")
    older, last = database.sessions.create(DAY), database.sessions.create(2 * DAY)
    kept = session(tmp_path, last.id, "text")
    lost = session(tmp_path, older.id, "text")
    prune(tmp_path / "checkpoints", database, 0)
    assert (kept.has(1), lost.has(1)) == (True, True)
    prune(tmp_path / "checkpoints", database, 90)
    assert (kept.has(1), lost.has(1)) == (True, False)
    database.close()
