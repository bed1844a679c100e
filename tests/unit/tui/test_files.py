"""Listing a workspace: .gitignore at every depth, order, and directories that go away."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from codey_tui.tui.files import Workspace
from codey_tui.tui.watcher import FileWatcher


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_directories_come_first_and_ignored_names_do_not_come(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "A.py", "src/x.py", "node_modules/y.js", ".git/HEAD", "out/log.txt", "keep.log", "z.log")
    (tmp_path / ".gitignore").write_text("out/\n*.log\n!keep.log\n")
    names = [entry.path for entry in Workspace(tmp_path).list_dir("")]
    assert names == ["src", ".gitignore", "A.py", "b.py", "keep.log"]


def test_a_deeper_gitignore_wins(tmp_path: Path) -> None:
    write(tmp_path, "src/a.tmp", "src/b.tmp", "a.tmp")
    (tmp_path / ".gitignore").write_text("*.tmp\n")
    (tmp_path / "src" / ".gitignore").write_text("!b.tmp\n")
    workspace = Workspace(tmp_path)
    assert [entry.name for entry in workspace.list_dir("src")] == [".gitignore", "b.tmp"]
    assert "a.tmp" not in [entry.name for entry in workspace.list_dir("")]


def test_a_changed_gitignore_counts_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.txt")
    workspace = Workspace(tmp_path)
    assert len(workspace.list_dir("")) == 2
    (tmp_path / ".gitignore").write_text("a.txt\n")
    assert [entry.name for entry in workspace.list_dir("")] == [".gitignore", "b.txt"]


def test_a_directory_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert Workspace(tmp_path).list_dir("nowhere") == []


def test_a_scan_takes_shallow_files_first_and_stops(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "x/b.py", "x/y/c.py", "x/y/d.py")
    assert Workspace(tmp_path).scan(3) == ["a.py", "x/b.py", "x/y/c.py"]


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/secret.txt", "work/a.txt")
    (tmp_path / "work" / "link").symlink_to(tmp_path / "outside")
    assert Workspace(tmp_path / "work").scan(10) == ["a.txt", "link"]


@pytest.mark.parametrize("polling", [False, True])
def test_a_watcher_tells_the_directory_that_changed(tmp_path: Path, polling: bool) -> None:
    write(tmp_path, "a.txt", "sub/b.txt", "other/c.txt")
    seen: set[str] = set()
    told = threading.Event()

    def changed(folders: set[str]) -> None:
        seen.update(folders)
        if "sub" in seen:
            told.set()

    watcher = FileWatcher(tmp_path, changed, polling=polling)
    watcher.watch(["", "sub"])
    try:

        def write_both(number: int) -> None:
            (tmp_path / "a.txt").write_text("it grows" * number)
            (tmp_path / "sub" / f"new{number}.txt").write_text("")

        repeat_until(told, write_both)
        assert seen == {"sub"}, "where names came, not where a text grew"
    finally:
        watcher.stop()


def repeat_until(told: threading.Event, act: Callable[[int], object]) -> None:
    """Act until it was noticed: nobody says when a watch stands."""
    for number in range(100):
        act(number)
        if told.wait(0.3):
            return
    raise AssertionError("Nothing was noticed.")
