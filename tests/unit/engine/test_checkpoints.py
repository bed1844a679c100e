"""Undo: exact bytes, modes, symlinks and absence, over restarts, and without losing what someone else wrote."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codey_tui.engine.checkpoints import CheckpointFailed, Checkpoints
from codey_tui.engine.workspace_paths import PathRefused
from tests.fakes.picture import picture


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def checkpoints(tmp_path: Path, workspace: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "store", workspace)


def test_undo_brings_back_bytes_modes_symlinks_and_absence(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "a.bin").write_bytes(b"\x00\xff\r\n")
    (workspace / "a.bin").chmod(0o640)
    (workspace / "empty").touch()
    (workspace / "link").symlink_to("a.bin")
    (workspace / "folder/inner").mkdir(parents=True)
    (workspace / "folder/inner/x").write_text("x", encoding="utf-8")
    (workspace / "folder").chmod(0o700)
    before = picture(workspace)
    for path in ("a.bin", "empty", "link", "folder", "new/deep/file.py"):
        checkpoints.before(1, path)
    (workspace / "a.bin").write_bytes(b"changed")
    (workspace / "a.bin").chmod(0o755)
    (workspace / "empty").unlink()
    (workspace / "link").unlink()
    (workspace / "link").write_text("now a file", encoding="utf-8")
    shutil.rmtree(workspace / "folder")
    (workspace / "new/deep").mkdir(parents=True)
    (workspace / "new/deep/file.py").touch()
    restored = checkpoints.undo(1)
    assert picture(workspace) == before
    assert restored.restored == ("a.bin", "empty", "folder/inner/x", "link")
    assert restored.removed == ("new", "new/deep", "new/deep/file.py")


def test_checkpoints_survive_a_restart_and_a_torn_last_line(
    tmp_path: Path, workspace: Path, checkpoints: Checkpoints
) -> None:
    (workspace / "a").write_text("one", encoding="utf-8")
    checkpoints.before(3, "a")
    (workspace / "a").write_text("two", encoding="utf-8")
    with (tmp_path / "store/turns/3.jsonl").open("ab") as manifest:
        manifest.write(b'{"path":"b","ki')
    again = Checkpoints(tmp_path / "store", workspace)
    assert (again.last_turn(), again.has(3), again.touched(3)) == (3, True, ("a",))
    again.before(3, "c")
    (workspace / "c").touch()
    assert again.undo(3).removed == ("c",)
    assert (workspace / "a").read_text(encoding="utf-8") == "one"
    assert (again.last_turn(), again.has(3)) == (0, False)
    with pytest.raises(CheckpointFailed, match="nothing to undo"):
        again.undo(3)


def test_only_the_first_sight_of_a_turn_counts(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "a").write_text("one", encoding="utf-8")
    for text in ("two", "three"):
        checkpoints.before(1, "a")
        (workspace / "a").write_text(text, encoding="utf-8")
    checkpoints.undo(1)
    assert (workspace / "a").read_text(encoding="utf-8") == "one"


def test_turns_are_undone_one_by_one(workspace: Path, checkpoints: Checkpoints) -> None:
    place = workspace / "a"
    for turn in (1, 2, 3):
        checkpoints.before(turn, "a")
        place.write_text(str(turn), encoding="utf-8")
    for turn, left in ((3, "2"), (2, "1")):
        assert checkpoints.last_turn() == turn
        checkpoints.undo(turn)
        assert place.read_text(encoding="utf-8") == left
    checkpoints.undo(1)
    assert not place.exists()


def test_a_later_change_of_someone_else_is_kept_and_named(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "a").write_text("one", encoding="utf-8")
    checkpoints.before(1, "a")
    (workspace / "a").write_text("two", encoding="utf-8")
    checkpoints.after(1, "a")
    (workspace / "a").write_text("theirs", encoding="utf-8")
    restored = checkpoints.undo(1)
    assert (workspace / "a").read_text(encoding="utf-8") == "one"
    ((path, copy),) = restored.kept
    assert path == "a"
    assert Path(copy).read_text(encoding="utf-8") == "theirs"
    assert copy in restored.notes[0]


def test_what_the_turn_itself_left_is_not_reported_as_kept(workspace: Path, checkpoints: Checkpoints) -> None:
    checkpoints.before(1, "a")
    (workspace / "a").write_text("two", encoding="utf-8")
    checkpoints.after(1, "a")
    assert checkpoints.undo(1).kept == ()


def test_a_made_folder_that_holds_other_files_by_now_is_left(workspace: Path, checkpoints: Checkpoints) -> None:
    checkpoints.before(1, "made")
    (workspace / "made").mkdir()
    (workspace / "made/mine.txt").touch()
    restored = checkpoints.undo(1)
    assert restored.removed == ()
    assert "left" in restored.notes[0]
    assert (workspace / "made/mine.txt").exists()


def test_a_folder_in_the_place_of_a_file_is_moved_aside(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "a").write_text("one", encoding="utf-8")
    checkpoints.before(1, "a")
    (workspace / "a").unlink()
    (workspace / "a").mkdir()
    (workspace / "a/theirs").touch()
    restored = checkpoints.undo(1)
    assert (workspace / "a").read_text(encoding="utf-8") == "one"
    assert (workspace / "a.kept-1/theirs").exists()
    assert restored.kept[0][0] == "a"


def test_a_file_in_the_place_of_a_folder_is_moved_aside(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "d").mkdir()
    (workspace / "d/x").write_text("one", encoding="utf-8")
    checkpoints.before(1, "d/x")
    (workspace / "d/x").write_text("two", encoding="utf-8")
    shutil.rmtree(workspace / "d")
    (workspace / "d").write_text("theirs", encoding="utf-8")
    restored = checkpoints.undo(1)
    assert (workspace / "d/x").read_text(encoding="utf-8") == "one"
    assert (workspace / "d.kept-1").read_text(encoding="utf-8") == "theirs"
    assert restored.kept == (("d", str(workspace / "d.kept-1")),)


def test_a_link_out_of_the_workspace_stops_an_undo_before_it_begins(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "d").mkdir()
    for path in ("a", "d/x"):
        (workspace / path).write_text("one", encoding="utf-8")
        checkpoints.before(1, path)
        (workspace / path).write_text("two", encoding="utf-8")
    (workspace / "d").rename(workspace / "e")
    (workspace / "d").symlink_to(workspace.parent)
    before = picture(workspace)
    with pytest.raises(CheckpointFailed, match=r"d/x leads out of the workspace .* Nothing was undone\."):
        checkpoints.undo(1)
    assert picture(workspace) == before
    (workspace / "d").unlink()
    (workspace / "d").symlink_to("e")
    checkpoints.undo(1)
    assert (workspace / "a").read_text(encoding="utf-8") == (workspace / "e/x").read_text(encoding="utf-8") == "one"


def test_what_someone_put_where_a_folder_was_deleted_is_kept(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "d").mkdir()
    (workspace / "d/x").write_text("one", encoding="utf-8")
    checkpoints.before(1, "d")
    shutil.rmtree(workspace / "d")
    checkpoints.after(1, "d")
    (workspace / "d").mkdir()
    (workspace / "d/x").write_text("theirs", encoding="utf-8")
    ((path, copy),) = checkpoints.undo(1).kept
    assert (path, Path(copy).read_text(encoding="utf-8")) == ("d/x", "theirs")
    assert (workspace / "d/x").read_text(encoding="utf-8") == "one"


def test_a_file_in_a_folder_that_the_turn_made_is_absent_before(workspace: Path, checkpoints: Checkpoints) -> None:
    checkpoints.before(1, "made")
    (workspace / "made").mkdir()
    (workspace / "made/by_a_command").write_text("x", encoding="utf-8")
    checkpoints.before(1, "made/by_a_command")
    (workspace / "made/by_a_command").write_text("y", encoding="utf-8")
    checkpoints.undo(1)
    assert picture(workspace) == {}


def test_an_empty_folder_above_what_the_turn_made_stays(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "empty").mkdir()
    for path in ("empty/made", "empty/made/x"):
        checkpoints.before(1, path)
    (workspace / "empty/made").mkdir()
    (workspace / "empty/made/x").touch()
    checkpoints.undo(1)
    assert list(picture(workspace)) == ["empty"]


def test_a_write_through_a_symlink_is_undone_at_its_target(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "real").write_text("one", encoding="utf-8")
    (workspace / "link").symlink_to("real")
    checkpoints.before(1, "link")
    (workspace / "link").write_text("two", encoding="utf-8")
    checkpoints.undo(1)
    assert (workspace / "real").read_text(encoding="utf-8") == "one"


def test_what_someone_wrote_between_two_writes_through_a_symlink_is_kept(
    tmp_path: Path, workspace: Path, checkpoints: Checkpoints
) -> None:
    (workspace / "real").write_text("one", encoding="utf-8")
    (workspace / "link").symlink_to("real")
    for text in ("two", "three"):
        checkpoints.before(1, "link")
        (workspace / "link").write_text(text, encoding="utf-8")
        checkpoints.after(1, "link")
        (workspace / "real").write_text(f"theirs after {text}", encoding="utf-8")
    checkpoints.undo(1)
    assert (workspace / "real").read_text(encoding="utf-8") == "one"
    stored = {place.read_text(encoding="utf-8") for place in (tmp_path / "store/blobs").rglob("*") if place.is_file()}
    assert {"theirs after two", "theirs after three"} <= stored


def test_names_that_are_not_utf8(workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "folder").mkdir()
    odd = workspace / os.fsdecode(b"folder/\xff.txt")
    odd.write_text("x", encoding="utf-8")
    checkpoints.before(1, "folder")
    shutil.rmtree(workspace / "folder")
    checkpoints.undo(1)
    assert odd.read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/index"])
def test_paths_outside_are_refused(checkpoints: Checkpoints, path: str) -> None:
    with pytest.raises(PathRefused):
        checkpoints.before(1, path)


def test_a_damaged_checkpoint_is_not_put_back_and_said(
    tmp_path: Path, workspace: Path, checkpoints: Checkpoints
) -> None:
    for name in ("a", "b", "c"):
        (workspace / name).write_text(name, encoding="utf-8")
        checkpoints.before(1, name)
        (workspace / name).write_text("new", encoding="utf-8")
    blobs = {place.read_bytes(): place for place in (tmp_path / "store/blobs").rglob("*") if place.is_file()}
    blobs[b"a"].write_bytes(b"rotten")
    blobs[b"b"].unlink()
    restored = checkpoints.undo(1)
    assert restored.restored == ("c",)
    assert len(restored.notes) == 2
    assert picture(workspace)["a"][1] == picture(workspace)["b"][1] == b"new"


def test_an_undo_that_was_cut_off_can_be_run_again(tmp_path: Path, workspace: Path, checkpoints: Checkpoints) -> None:
    (workspace / "a").write_text("one", encoding="utf-8")
    (workspace / "b").write_text("one", encoding="utf-8")
    checkpoints.before(1, "a")
    checkpoints.before(1, "b")
    (workspace / "a").write_text("two", encoding="utf-8")
    (workspace / "b").unlink()
    (workspace / "b").mkdir()
    (workspace / "b.kept-1").mkdir()
    (workspace / ".a.codey-undo").write_text("left by a killed undo", encoding="utf-8")
    checkpoints.undo(1)
    assert (workspace / "a").read_text(encoding="utf-8") == (workspace / "b").read_text(encoding="utf-8") == "one"
    assert not (workspace / ".a.codey-undo").exists()


def test_git_is_not_touched(workspace: Path, checkpoints: Checkpoints) -> None:
    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=workspace, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    (workspace / "a").write_text("one", encoding="utf-8")
    git("add", "a")
    before = picture(workspace / ".git")
    checkpoints.before(1, "a")
    (workspace / "a").write_text("two", encoding="utf-8")
    checkpoints.before(1, "b")
    (workspace / "b").touch()
    checkpoints.undo(1)
    assert picture(workspace / ".git") == before
    assert git("status", "--porcelain") == "A  a\n"
