"""Files that grow, files that are replaced, and what a crash, a full disk or someone else may do meanwhile."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from codey_tui.engine.workspace_paths import PathRefused
from codey_tui.engine.writer import NewFile, StagedEdit, WriteFailed, recover


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def tree(folder: Path) -> list[str]:
    return sorted(place.relative_to(folder).as_posix() for place in folder.rglob("*"))


def test_a_new_file_grows_at_its_real_path(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a/b/c.py", state)
    place = workspace / "a/b/c.py"
    sizes = [place.stat().st_size]
    for piece in ("x = 1\n", "é = 2\n"):
        file.append(piece)
        sizes.append(place.stat().st_size)
    assert sizes == [0, 6, 13]
    assert (file.size, file.lines) == (13, 2)
    written = file.commit()
    data = "x = 1\né = 2\n".encode()
    assert (written.path, written.size, written.sha256, written.created) == (
        "a/b/c.py",
        13,
        sha256(data).hexdigest(),
        True,
    )
    assert place.read_bytes() == data
    assert tree(state) == []


def test_an_abandoned_file_leaves_nothing(workspace: Path, state: Path) -> None:
    (workspace / "a").mkdir()
    file = NewFile(workspace, "a/b/c.py", state)
    file.append("x")
    file.abandon()
    file.abandon()
    assert tree(workspace) == ["a"]
    assert tree(state) == []


def test_a_folder_that_someone_else_uses_by_now_stays(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a/b/c.py", state)
    (workspace / "a/mine.txt").touch()
    file.abandon()
    assert tree(workspace) == ["a", "a/mine.txt"]


def test_abandon_after_commit_does_nothing(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a.py", state)
    file.commit()
    file.abandon()
    assert tree(workspace) == ["a.py"]


def test_what_exists_is_never_overwritten(workspace: Path, state: Path) -> None:
    (workspace / "a.py").write_text("mine", encoding="utf-8")
    (workspace / "dangling").symlink_to("nowhere")
    for path in ("a.py", "dangling"):
        with pytest.raises(PathRefused, match="exists already"):
            NewFile(workspace, path, state)
    assert (workspace / "a.py").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("path", ["../x.py", "/tmp/x.py", ".git/hooks/x", "out/x.py", ""])
def test_a_path_out_of_the_workspace_is_refused(workspace: Path, state: Path, path: str) -> None:
    (workspace / "out").symlink_to(workspace.parent)
    with pytest.raises(PathRefused):
        NewFile(workspace, path, state)
    assert tree(workspace) == ["out"]


def test_a_file_that_was_replaced_meanwhile_belongs_to_whoever_did_it(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a.py", state)
    file.append("x")
    (workspace / "b.py").write_text("theirs", encoding="utf-8")
    (workspace / "b.py").replace(workspace / "a.py")
    with pytest.raises(WriteFailed, match="someone else"):
        file.commit()
    assert (workspace / "a.py").read_text(encoding="utf-8") == "theirs"


def test_a_file_without_its_marker_is_not_begun(workspace: Path, state: Path) -> None:
    state.write_text("a file stands where the state folder should be", encoding="utf-8")
    with pytest.raises(WriteFailed, match=r"a/b\.py could not be created"):
        NewFile(workspace, "a/b.py", state)
    assert tree(workspace) == []


@pytest.fixture
def small_files() -> Iterator[None]:
    """A limit of 4 KiB a file stands for a full disk: the system refuses the write in the same way, with another errno."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
def test_a_write_that_fails_removes_the_file_and_says_so(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a/b.py", state)
    with pytest.raises(WriteFailed, match=r"a/b\.py could not be written"):
        file.append("x" * 10_000)
    assert tree(workspace) == []
    assert tree(state) == []


@pytest.mark.usefixtures("small_files")
def test_an_edit_that_fails_leaves_the_file_as_it_was(workspace: Path, state: Path) -> None:
    (workspace / "a.py").write_text("x", encoding="utf-8")
    with pytest.raises(WriteFailed, match="left as it was"):
        StagedEdit(workspace, "a.py", state).commit("y" * 10_000)
    assert tree(workspace) == ["a.py"]
    assert (workspace / "a.py").read_text(encoding="utf-8") == "x"


KILLED = """
import os, signal, sys
from pathlib import Path
from codey_tui.engine.writer import NewFile
file = NewFile(Path(sys.argv[1]), "pkg/half.py", Path(sys.argv[2]))
file.append("def f(")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_kill_the_half_written_file_is_removed_and_named(workspace: Path, state: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(workspace), str(state)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert (workspace / "pkg/half.py").read_text(encoding="utf-8") == "def f("
    assert recover(state, workspace) == ["pkg/half.py"]
    assert tree(workspace) == []
    assert recover(state, workspace) == []


def test_recovery_leaves_what_is_not_the_half_written_file(workspace: Path, state: Path) -> None:
    file = NewFile(workspace, "a.py", state)
    file.append("half")
    (workspace / "b.py").write_text("whole", encoding="utf-8")
    (workspace / "b.py").replace(workspace / "a.py")
    assert recover(state, workspace) == []
    assert (workspace / "a.py").read_text(encoding="utf-8") == "whole"
    file.abandon()


def test_recovery_survives_a_torn_marker(workspace: Path, state: Path) -> None:
    state.mkdir()
    (state / "growing-0.json").write_text('{"pa', encoding="utf-8")
    assert recover(state, workspace) == []
    assert tree(state) == []
    assert recover(state / "none", workspace) == []


def test_an_edit_keeps_mode_and_symlink_and_leaves_no_copy(workspace: Path, state: Path) -> None:
    (workspace / "real.sh").write_bytes(b"\xef\xbb\xbfx\r\ny")
    (workspace / "real.sh").chmod(0o750)
    (workspace / "link").symlink_to("real.sh")
    staged = StagedEdit(workspace, "link", state)
    assert staged.before == "\ufeffx\r\ny"
    written = staged.commit("\ufeffz\r\ny")
    assert (workspace / "real.sh").read_bytes() == b"\xef\xbb\xbfz\r\ny"
    assert (workspace / "real.sh").stat().st_mode & 0o777 == 0o750
    assert str((workspace / "link").readlink()) == "real.sh"
    assert (written.path, written.created, written.size) == ("link", False, 7)
    assert tree(workspace) == ["link", "real.sh"]
    assert tree(state) == []


def test_an_edit_does_not_write_over_a_later_change(workspace: Path) -> None:
    (workspace / "a.py").write_text("one", encoding="utf-8")
    staged = StagedEdit(workspace, "a.py")
    (workspace / "a.py").write_text("theirs", encoding="utf-8")
    with pytest.raises(WriteFailed, match="changed by someone else"):
        staged.commit("mine")
    assert (workspace / "a.py").read_text(encoding="utf-8") == "theirs"


def test_what_cannot_be_edited_is_refused_in_words(workspace: Path, state: Path) -> None:
    (workspace / "binary").write_bytes(b"\xff\x00")
    (workspace / "folder").mkdir()
    (workspace / "huge").write_bytes(b"x" * (3 << 20))
    (workspace / "out").symlink_to("/etc/passwd")
    for path, error, sentence in (
        ("binary", WriteFailed, "UTF-8"),
        ("folder", PathRefused, "not a file"),
        ("huge", WriteFailed, "larger"),
        ("missing", WriteFailed, "could not be read"),
        ("out", PathRefused, "out of the workspace"),
    ):
        with pytest.raises(error, match=sentence):
            StagedEdit(workspace, path, state)
