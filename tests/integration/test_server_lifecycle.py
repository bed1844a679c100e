"""Start or attach, with real processes, from every state in which the last engine may have been left."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from codey_tui.protocol.client import EngineGone
from codey_tui.protocol.ops import SubmitPrompt
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.lifecycle import EngineFailed, EnginePlace, WorkspaceTaken, attach, find, spawn, stop
from codey_tui.server.lock import EngineLock, Holder, LockHeld, find_holder
from codey_tui.server.remote import RemoteClient
from tests.fakes.served import eventually

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def command(place: EnginePlace, version: str = "1", manner: str = "") -> list[str]:
    return [sys.executable, "-P", "-m", "tests.fakes.engine_process", str(place.folder), version, manner]


@pytest.fixture
def place(home: Path) -> Generator[EnginePlace]:
    """A place that is free again after the test."""
    folder = home / "ws"
    folder.mkdir()
    place = EnginePlace(workspace=folder, socket=folder / "e.sock", folder=folder, log=folder / "engine.log")
    yield place
    stop(place)


def start(place: EnginePlace, version: str = "1", manner: str = "") -> RemoteClient:
    return attach(place, command(place, version, manner), version=version, env=ENV)


def starts(place: EnginePlace) -> list[int]:
    return [int(pid) for pid in (place.folder / "starts").read_text().split()]


def test_an_engine_is_started_once_and_attached_to_from_then_on(place: EnginePlace):
    first = start(place)
    second = start(place)
    assert first.welcome.pid == second.welcome.pid != os.getpid()
    assert os.getsid(first.welcome.pid) == first.welcome.pid
    first.close()
    second.close()
    assert len(starts(place)) == 1


def test_two_that_start_at_once_get_one_engine(place: EnginePlace):
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda _: start(place), range(4)))
    assert len({client.welcome.pid for client in clients}) == 1
    assert len(starts(place)) == 1
    for client in clients:
        client.close()


def test_a_stale_socket_is_replaced(place: EnginePlace):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(place.socket))
    stale.close()
    client = start(place)
    assert client.ask_now(GetStatus()).version == "1"
    client.close()


def test_after_a_kill_the_next_start_is_a_new_engine(place: EnginePlace):
    gone: list[str] = []
    first = attach(place, command(place), version="1", env=ENV, on_gone=gone.append)
    os.kill(first.welcome.pid, signal.SIGKILL)
    eventually(lambda: gone)
    first.close()
    second = start(place)
    assert second.welcome.pid != first.welcome.pid
    second.close()


def test_an_idle_engine_of_another_version_is_replaced(place: EnginePlace):
    start(place, "1").close()
    client = start(place, "2")
    assert client.ask_now(GetStatus()).version == "2"
    client.close()
    assert len(starts(place)) == 2


def test_a_busy_engine_of_another_version_is_left_alone(place: EnginePlace):
    start(place, "1", "busy").close()
    with pytest.raises(WorkspaceTaken, match="codey stop"):
        start(place, "2")
    assert starts(place) == [find_holder(place.lock).pid]  # pyright: ignore[reportOptionalMemberAccess]


def test_an_engine_that_ends_at_once_is_quoted(place: EnginePlace):
    with pytest.raises(EngineFailed, match=r"^The model file is gone\.$"):
        start(place, manner="broken")
    with pytest.raises(EngineFailed, match="cannot be started"):
        attach(place, ["/nowhere/python"], version="1")


def test_an_engine_outlives_the_terminal_of_the_one_who_started_it(place: EnginePlace):
    program = (
        "import os, signal, sys, time; from tests.integration.test_server_lifecycle import *;"
        "folder = Path(sys.argv[1]);"
        "place = EnginePlace(workspace=folder, socket=folder / 'e.sock', folder=folder, log=folder / 'engine.log');"
        "start(place); os.killpg(os.getpgid(0), signal.SIGHUP); time.sleep(60)"
    )
    screen = subprocess.run(
        [sys.executable, "-c", program, str(place.folder)], env=ENV, cwd=ROOT, start_new_session=True, timeout=60
    )
    assert screen.returncode == -signal.SIGHUP
    client = find(place)
    assert client is not None
    client.submit(SubmitPrompt(text="still there"))
    eventually(lambda: client.ask_now(GetStatus()).busy)
    client.close()


def test_stop_ends_an_engine_and_takes_its_socket_away(place: EnginePlace):
    start(place).close()
    holder = stop(place)
    assert holder is not None
    eventually(lambda: not psutil.pid_exists(holder.pid))
    assert not place.socket.exists()
    assert stop(place) is None


def test_stop_ends_an_engine_that_does_not_answer(place: EnginePlace):
    process = spawn(place, command(place, manner="deaf"), ENV)
    eventually(lambda: b"deaf" in place.log.read_bytes())
    holder = stop(place, patience_s=0.4)
    assert holder is not None
    assert holder.pid == process.pid
    eventually(lambda: process.poll() is not None)


def test_a_run_in_the_workspace_is_not_disturbed(place: EnginePlace):
    lock = EngineLock(place.lock, Holder(pid=os.getpid(), version="1", kind="run"))
    with pytest.raises(WorkspaceTaken, match="codey run"):
        start(place)
    with pytest.raises(WorkspaceTaken):
        stop(place)
    with pytest.raises(LockHeld, match=str(os.getpid())):
        EngineLock(place.lock, Holder(pid=1, version="1", kind="engine"), patience_s=0)
    lock.release()
    assert find_holder(place.lock) is None


def test_nothing_is_found_where_nothing_is(place: EnginePlace):
    assert find(place) is None
    with pytest.raises(EngineGone):
        RemoteClient(place.socket, version="1")
