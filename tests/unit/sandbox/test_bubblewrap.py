"""The walls of bubblewrap, tried from inside; and what is said when it does not work."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codey_tui.sandbox import Bubblewrap
from tests.fakes.sandbox_runner import Runner

PROBLEM = Bubblewrap().problem()
needs_bubblewrap = pytest.mark.skipif(bool(PROBLEM), reason=f"these walls are bubblewrap's own, and {PROBLEM}")


@pytest.fixture
def inside(tmp_path: Path) -> Runner:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return Runner(Bubblewrap(), workspace)


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of this machine at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@needs_bubblewrap
def test_the_home_folder_is_hidden(inside: Runner, home: Path) -> None:
    (home / "secret.txt").write_text("hunter2")
    assert inside(f"cat {home}/secret.txt").exit_code != 0
    assert inside("ls -A ~").output == ""


@needs_bubblewrap
def test_nothing_outside_can_be_written(inside: Runner, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    inside(f"echo x > {target}; echo x > /usr/x; echo x > /etc/x")
    assert not target.exists()
    assert not Path("/usr/x").exists()
    assert not Path("/etc/x").exists()


@needs_bubblewrap
def test_a_link_out_of_the_workspace_leads_nowhere(inside: Runner, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("hunter2")
    (inside.workspace / "link").symlink_to(tmp_path / "outside.txt")
    assert "hunter2" not in inside("cat link; echo x > link").output
    assert (tmp_path / "outside.txt").read_text() == "hunter2"


@needs_bubblewrap
def test_the_network_is_cut(inside: Runner, listener: int) -> None:
    code = f"import socket; socket.create_connection(('127.0.0.1', {listener}), 5); print('through')"
    assert "through" not in inside([sys.executable, "-c", code]).output
    assert "through" in inside([sys.executable, "-c", code], network=True).output


@needs_bubblewrap
def test_processes_outside_are_not_seen(inside: Runner) -> None:
    done = inside("ls -d /proc/[0-9]* | wc -l")
    assert int(done.output) < 10


@needs_bubblewrap
def test_a_virtual_environment_works_inside(inside: Runner, home: Path) -> None:
    """Also one whose Python lies in the home folder, where uv and pyenv put it."""
    real = home / ".local" / "share" / "uv" / "python" / "cpython" / "bin"
    real.mkdir(parents=True)
    (real / "python3").write_text("#!/bin/sh\necho it is me\n")
    (real / "python3").chmod(0o755)
    (home / ".local" / "share" / "secret.txt").write_text("hunter2")
    bin_folder = inside.workspace / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(real / "python3")
    assert inside(".venv/bin/python").output == "it is me\n"
    assert inside(f"cat {home}/.local/share/secret.txt").exit_code != 0


@needs_bubblewrap
def test_what_is_trusted_outside_cannot_be_changed(inside: Runner) -> None:
    hooks = inside.workspace / ".git" / "hooks"
    hooks.mkdir(parents=True)
    (inside.workspace / ".git" / "config").write_text("[core]\n")
    done = inside("echo evil > .git/hooks/post-checkout; echo evil >> .git/config; mkdir .codey; echo ok > .git/other")
    assert list(hooks.iterdir()) == []
    assert (inside.workspace / ".git" / "config").read_text() == "[core]\n"
    assert (inside.workspace / ".git" / "other").read_text() == "ok\n"
    assert "Read-only file system" in done.output


def test_without_bwrap_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Bubblewrap().problem() == "bwrap is not installed"


def test_a_bwrap_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "No permissions to create new namespace" in Bubblewrap().problem()
