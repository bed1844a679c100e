"""Which paths of a workspace are accepted, and how the others are refused."""

import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.workspace_paths import PathRefused, follow, is_inside, relative, resolve


@pytest.mark.parametrize(
    "path",
    ["", " ", ".", "..", "../x", "a/../../x", "/etc/passwd", "~/x", "a\0b", "a\nb", ".git/config", "sub/.GIT/x", "C:/x", "a\\b", "x" * 300, "a/" * 600],
)  # fmt: skip
def test_refused_by_their_text(tmp_path: Path, path: str) -> None:
    with pytest.raises(PathRefused):
        resolve(tmp_path, path)


@pytest.mark.parametrize("path", ["a.py", "a/b/c.txt", "./a", ".gitignore", ".github/x.yml", "a b/ü.txt"])
def test_accepted(tmp_path: Path, path: str) -> None:
    place = resolve(tmp_path, path)
    assert place.is_relative_to(os.path.realpath(tmp_path))
    assert relative(tmp_path, place) == path.removeprefix("./")


def test_a_folder_that_leads_out_is_refused_and_one_that_stays_is_followed(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    (workspace / "real").mkdir(parents=True)
    (workspace / "in").symlink_to("real")
    (workspace / "out").symlink_to(tmp_path)
    (workspace / "hooks").symlink_to(".git/hooks")
    (workspace / ".git" / "hooks").mkdir(parents=True)
    assert relative(workspace, resolve(workspace, "in/a.py")) == "real/a.py"
    for path in ("out/a.py", "hooks/pre-commit"):
        with pytest.raises(PathRefused):
            resolve(workspace, path)


def test_a_symlink_at_the_end_is_followed_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "evil").symlink_to("/etc/passwd")
    assert resolve(tmp_path, "link").name == "link"
    assert follow(tmp_path, "link").name == "a.py"
    assert follow(tmp_path, "a.py").name == "a.py"
    with pytest.raises(PathRefused, match="out of the workspace"):
        follow(tmp_path, "evil")


def test_pipes_and_sockets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path has room for 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        for path in ("pipe", "sock"):
            with pytest.raises(PathRefused, match="device"):
                resolve(tmp_path, path)


def test_a_path_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(PathRefused, match="under a file"):
        resolve(tmp_path, "a/b")


@given(st.text(max_size=60))
def test_nothing_that_is_accepted_lies_outside(path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder))
        if is_inside(root, path):
            assert resolve(root, path).is_relative_to(root)
