"""A sealed surrounding for every test: a home of its own, no settings of the user, and no process left behind."""

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

# A busy machine makes one example slow, and that says nothing of the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# Processes inherit this variable, detached ones too, and are recognised by it after the last test.
MARK = "PYTEST_CODEY_FAMILY"
CLEARED = (
    "COLORTERM",
    "DISPLAY",
    "FORCE_COLOR",
    "NO_COLOR",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TMUX",
    "TMUX_PANE",
    "VIRTUAL_ENV",
)
STEADY = {
    "COLUMNS": "120",
    "EDITOR": "false",
    "GIT_AUTHOR_EMAIL": "tester@example.invalid",
    "GIT_AUTHOR_NAME": "Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.invalid",
    "GIT_COMMITTER_NAME": "Tester",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "LINES": "36",
    "TERM": "xterm-256color",
    "TZ": "UTC",
}
FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_RUNTIME_DIR": "run",
    "XDG_STATE_HOME": "home/.local/state",
}
LEFT_BEHIND_GRACE_S = 5.0


def pytest_configure(config: pytest.Config) -> None:
    """Seal the environment before any test module is imported."""
    for name in [name for name in os.environ if name.startswith(("CODEY_", "LC_"))] + list(CLEARED):
        os.environ.pop(name, None)
    os.environ.update(STEADY)
    os.environ[MARK] = uuid.uuid4().hex
    # `codey`, `ruff` and `python` are those of the environment under test.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    base = Path(tempfile.mkdtemp(prefix="codey-"))  # short: a unix socket's path has room for 107 bytes
    config.add_cleanup(lambda: shutil.rmtree(base, ignore_errors=True))
    os.environ.update(_make_folders(base))


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home folder with its XDG folders; its path."""
    base = Path(tempfile.mkdtemp(prefix="codey-"))
    for name, folder in _make_folders(base).items():
        monkeypatch.setenv(name, folder)
    yield base / "home"
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def no_process_left_behind() -> Iterator[None]:
    """Fails the run when a process that a test started still lives after the last test."""
    yield
    _, alive = psutil.wait_procs(_family(), timeout=LEFT_BEHIND_GRACE_S)
    told = [f"{process.pid}: {_command(process)}" for process in alive]
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=LEFT_BEHIND_GRACE_S)
    assert not told, "Processes were left behind by tests:\n" + "\n".join(told)


def _make_folders(base: Path) -> dict[str, str]:
    for folder in FOLDERS.values():
        (base / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    return {name: str(base / folder) for name, folder in FOLDERS.items()}


def _family() -> list[psutil.Process]:
    """Every process that this one started: its descendants, and the detached ones that carry the mark."""
    me = psutil.Process()
    family = {process.pid: process for process in me.children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if process.pid != me.pid and process.environ().get(MARK) == os.environ[MARK]:
                family |= {one.pid: one for one in [process, *process.children(recursive=True)]}
        except psutil.Error:
            continue  # it ended meanwhile, or belongs to another user and so to no test
    return [process for process in family.values() if process.is_running()]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return "(ended)"
