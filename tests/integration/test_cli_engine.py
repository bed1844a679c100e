"""The command line with the real engine and the bundled model: from a prompt to a file that computes, and back."""

import contextlib
import fcntl
import importlib.util
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from codey_tui import __version__
from codey_tui.cli.site import Site, open_site
from codey_tui.protocol.events import ActionProposed, Envelope, PlanProposed, TokensGenerated, TurnEnded, TurnStarted
from codey_tui.protocol.ops import DecideAction, DecidePlan
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.lifecycle import attach, find, stop
from codey_tui.server.lock import find_holder
from codey_tui.server.remote import RemoteClient
from tests.fakes.served import eventually
from tests.fakes.shell import codey, codey_at_a_terminal, command, environment

pytestmark = pytest.mark.model
FIBONACCI = "Create Fibonacci function"
SLOW = {"CODEY_MAX_TOKENS_PER_S": "8"}


@pytest.fixture
def folder(home: Path) -> Path:
    """An empty workspace."""
    folder = home / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def site(folder: Path) -> Generator[Site]:
    """The workspace as commands see it; its engine, if any, is ended after the test."""
    site = open_site(folder)
    yield site
    stop(site.place)


def start(site: Site, env: dict[str, str] | None = None) -> RemoteClient:
    """Start or attach, as `codey` does."""
    return attach(site.place, site.engine_command(), version=__version__, env=environment(env))


def envelopes(output: str) -> list[Envelope]:
    return [msgspec.json.decode(line, type=Envelope) for line in output.splitlines()]


def compute(file: Path, name: str, number: int) -> Any:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)(number)


def test_a_prompt_becomes_a_file_that_computes(folder: Path):
    done = codey("run", FIBONACCI, "--approve", "all", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    events = envelopes(done.stdout)
    assert isinstance(events[0].event, TurnStarted)
    end = events[-1].event
    assert isinstance(end, TurnEnded)
    assert end.result == "done"
    assert end.figures.tokens_out > 0
    assert end.figures.peak_rss > 0
    assert any(isinstance(envelope.event, TokensGenerated) for envelope in events)
    (name,) = end.figures.files
    assert compute(folder / name, "fibonacci", 10) == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]


def test_the_same_in_lines_for_people_then_listed_and_undone(folder: Path):
    done = codey("run", FIBONACCI, "--approve", "all", cwd=folder)
    assert done.returncode == 0, done.stderr
    for said in ("Route: code", "Plan:", "Wrote fibonacci.py", "0, 1, 1, 2, 3, 5, 8", "Turn done: fibonacci.py"):
        assert said in done.stdout
    (session,) = json.loads(codey("sessions", "--json", cwd=folder).stdout)
    assert session["title"] == FIBONACCI
    assert session["id"] in codey("sessions", cwd=folder).stdout
    rows = json.loads(codey("audit", "--json", cwd=folder).stdout)
    assert [row["verdict"] for row in rows] == ["allow"] * len(rows)
    assert rows
    assert "fibonacci.py" in codey("audit", cwd=folder).stdout
    undone = codey("undo", cwd=folder)
    assert undone.returncode == 0, undone.stderr
    assert "removed fibonacci.py" in undone.stdout
    assert list(folder.iterdir()) == []
    again = codey("undo", cwd=folder)
    assert again.returncode == 1
    assert "nothing to undo" in again.stderr


@pytest.mark.parametrize("approve", ["none", "ask"])
def test_where_nobody_can_answer_nothing_is_written(folder: Path, approve: str):
    done = codey("run", FIBONACCI, "--approve", approve, cwd=folder)
    assert done.returncode == 3
    assert "--approve all" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.terminal
@pytest.mark.parametrize(("answers", "status", "files"), [("maybe\ny\ny\n", 0, 1), ("n\n", 1, 0)])
def test_at_a_terminal_the_person_is_asked(folder: Path, answers: str, status: int, files: int):
    ended, said = codey_at_a_terminal("run", FIBONACCI, answers=answers, cwd=folder)
    assert ended == status, said
    assert "[y/n]" in said
    assert len(list(folder.glob("*.py"))) == files


@pytest.mark.terminal
def test_a_question_at_a_terminal_is_withdrawn_when_another_screen_answers(site: Site, folder: Path):
    other = start(site)

    def allow(envelope: Envelope) -> None:
        match envelope.event:
            case PlanProposed(plan=plan):
                other.submit(DecidePlan(plan_id=plan.id, verdict="allow"))
            case ActionProposed(action=action):
                other.submit(DecideAction(action_id=action.id, verdict="allow"))
            case _:
                pass

    main, terminal = pty.openpty()
    process = subprocess.Popen(
        command("run", FIBONACCI), cwd=folder, env=environment(), stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    said = b""
    while b"[y/n]" not in said:
        said += os.read(main, 4096)
    drain = threading.Thread(target=_drain, args=(main,))
    drain.start()
    other.listen(allow)
    assert process.wait(60) == 0
    drain.join()
    os.close(main)
    other.close()


def test_a_model_that_is_gone_is_a_sentence(folder: Path):
    done = codey("run", FIBONACCI, "--approve", "all", "--model", str(folder / "gone.gguf"), cwd=folder)
    assert done.returncode == 1
    assert "gone.gguf" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_turn_and_leaves_no_process(folder: Path, number: signal.Signals):
    process = subprocess.Popen(
        command("run", FIBONACCI, "--approve", "all", "--json"),
        cwd=folder,
        env=environment(SLOW),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    children: list[psutil.Process] = []
    for line in process.stdout:
        if isinstance(msgspec.json.decode(line, type=Envelope).event, TokensGenerated):
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(number)
            break
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    end = envelopes(rest)[-1].event
    assert isinstance(end, TurnEnded)
    assert end.result == "cancelled"
    assert children
    eventually(lambda: not any(child.is_running() for child in children))


def test_a_running_engine_is_used_and_shown_and_stopped(site: Site, folder: Path):
    client = start(site)
    pid = client.welcome.pid
    done = codey("run", FIBONACCI, "--approve", "all", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert client.ask_now(GetStatus()).pid == pid
    assert client.ask_now(GetStatus()).session.title == FIBONACCI
    shown = {finding["name"]: finding["value"] for finding in json.loads(codey("doctor", "--json", cwd=folder).stdout)}
    assert f"process {pid}" in shown["engine"]
    client.close()
    stopped = codey("stop", cwd=folder)
    assert stopped.returncode == 0
    assert str(pid) in stopped.stdout
    eventually(lambda: not psutil.pid_exists(pid))
    assert not site.place.socket.exists()


def test_after_a_kill_of_the_engine_everything_goes_on(site: Site, folder: Path):
    client = start(site, SLOW)
    run = subprocess.Popen(
        command("run", FIBONACCI, "--approve", "all", "--json"),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    for line in run.stdout:
        if isinstance(msgspec.json.decode(line, type=Envelope).event, TokensGenerated):
            break
    model = psutil.Process(client.welcome.pid).children(recursive=True)
    os.kill(client.welcome.pid, signal.SIGKILL)
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert error.startswith("Error: The engine ended")
    eventually(lambda: not any(child.is_running() for child in model))
    eventually(lambda: client.gone)
    client.close()
    done = codey("run", FIBONACCI, "--approve", "all", "--new", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_engine_that_nobody_needs_ends_by_itself(site: Site):
    client = start(site, {"CODEY_IDLE_EXIT_S": "0.3"})
    pid = client.welcome.pid
    client.close()
    eventually(lambda: not psutil.pid_exists(pid))
    assert find_holder(site.place.lock) is None
    assert not site.place.socket.exists()


def test_what_ends_an_engine_at_its_start_is_told(site: Site):
    with pytest.raises(Exception, match="n_threads"):
        start(site, {"CODEY_N_THREADS": "none"})


@pytest.mark.terminal
def test_a_terminal_that_closes_leaves_the_engine_running(site: Site, folder: Path):
    pid, main = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(command()[0], command(), environment())
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    client = eventually(lambda: find(site.place))
    eventually(lambda: client.ask_now(GetStatus()).clients == 1)
    os.close(main)
    _, status = os.waitpid(pid, 0)
    assert not os.WIFSIGNALED(status) or os.WTERMSIG(status) == signal.SIGHUP
    eventually(lambda: client.ask_now(GetStatus()).clients == 0)
    assert psutil.pid_exists(client.welcome.pid)
    client.close()


@pytest.mark.terminal
def test_a_terminal_that_tells_no_size_is_served_too(site: Site, folder: Path):
    pid, main = pty.fork()
    if pid == 0:
        unsized = {name: value for name, value in environment().items() if name not in ("COLUMNS", "LINES")}
        os.chdir(folder)
        os.execve(command()[0], command(), unsized)
    drain = threading.Thread(target=_drain, args=(main,))
    drain.start()
    client = eventually(lambda: find(site.place))
    eventually(lambda: client.ask_now(GetStatus()).clients == 1)
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    drain.join()
    os.close(main)
    client.close()


def _drain(descriptor: int) -> None:
    """Read until the other end of the terminal is closed, which Linux tells as an error."""
    with contextlib.suppress(OSError):
        while os.read(descriptor, 65536):
            pass


def test_looking_leaves_no_session_and_what_is_unclear_needs_an_answer(folder: Path):
    assert "no sessions" in codey("sessions", cwd=folder).stdout
    assert codey("sessions", "--json", cwd=folder).stdout.strip() == "[]"
    unclear = codey("run", "asdfgh", cwd=folder)
    assert unclear.returncode == 3, unclear.stdout
    assert "   1 turn " in codey("sessions", cwd=folder).stdout


def test_why_it_failed_is_told_once(folder: Path):
    failed = codey("run", "Write a ray tracer in Haskell", "--approve", "all", cwd=folder)
    assert failed.returncode == 1
    told = failed.stderr.strip().removeprefix("Error: ")
    assert told
    assert told not in failed.stdout
