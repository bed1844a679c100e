"""Real commands in every sandbox that works here: output, limits, ends, and nothing left behind."""

import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psutil
import pytest

from codey_tui.sandbox import Limits, Rlimits, SandboxError
from tests.fakes.sandbox_runner import Runner

ENGINE_THAT_DIES = """
import os, sys, threading
from pathlib import Path
from codey_tui.sandbox import Limits, Rlimits
def die(text):
    print("running", flush=True)
    os.kill(os.getpid(), 9)
here = Path(sys.argv[1])
Rlimits().run(["/bin/sh", "-c", "echo up; (setsid sleep 300 &); exec sleep 300"], cwd=here, workspace=here,
              env={"MARK": sys.argv[2]}, limits=Limits(), on_output=die, cancel=threading.Event())
"""


def marked(mark: str) -> list[int]:
    """Processes whose environment or command line holds the mark."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if mark in " ".join(process.cmdline()) or process.environ().get("MARK") == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def wait_until_gone(mark: str) -> None:
    deadline = time.monotonic() + 20
    while marked(mark):
        assert time.monotonic() < deadline, f"still there: {marked(mark)}"
        time.sleep(0.02)


def test_output_of_both_streams_in_order(runner: Runner) -> None:
    done = runner("echo one; echo two >&2; echo three")
    assert (done.exit_code, done.output, done.killed_by, done.truncated) == (0, "one\ntwo\nthree\n", "", False)
    assert "".join(runner.shown) == done.output


@pytest.mark.parametrize("code", [0, 1, 42])
def test_exit_codes_pass_through(runner: Runner, code: int) -> None:
    assert runner(f"exit {code}").exit_code == code


def test_output_arrives_while_the_command_runs(runner: Runner) -> None:
    """The command goes on only after its first line was heard here."""
    go = runner.workspace / "go"
    done: list[int] = []

    def heard(text: str) -> None:
        runner.shown.append(text)
        go.touch()

    completed = runner.sandbox.run(
        ["/bin/sh", "-c", "echo first; while [ ! -e go ]; do sleep 0.01; done; echo second"],
        cwd=runner.workspace,
        workspace=runner.workspace,
        env={},
        limits=Limits(seconds=60),
        on_output=heard,
        cancel=threading.Event(),
    )
    done.append(completed.exit_code)
    assert runner.shown[0] == "first\n"
    assert completed.output == "first\nsecond\n"


def test_terminal_control_is_stripped(runner: Runner) -> None:
    done = runner(r"printf '\033[1;31mred\033[0m \033]0;title\007\033]52;c;aGk=\033\\ok\r\n\000\001end'")
    assert done.output == "red ok\nend"


def test_characters_cut_in_two_are_whole(runner: Runner) -> None:
    done = runner(r"printf '\303'; sleep 0.2; printf '\244\n'")
    assert done.output == "ä\n"


def test_a_flood_is_bounded_and_its_ends_are_kept(runner: Runner) -> None:
    done = runner("echo begin; yes 0123456789 | head -c 3000000; echo end", output_bytes=20_000)
    assert done.truncated
    assert done.output.startswith("begin\n0123456789\n")
    assert done.output.endswith("end\n")
    assert "bytes of output left out" in done.output
    assert len(done.output) < 21_000
    assert "".join(runner.shown) == done.output
    assert len(runner.shown) < 100


def test_a_command_has_no_terminal_and_no_input(runner: Runner) -> None:
    done = runner("cat; test -t 0 || echo none; (exec </dev/tty) 2>/dev/null || echo no tty")
    assert done.output == "none\nno tty\n"


def test_the_environment_is_scrubbed(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    monkeypatch.setenv("CODEY_MODEL", "x")
    done = runner("env")
    names = {line.partition("=")[0] for line in done.output.splitlines()}
    assert not names & {"SECRET_TOKEN", "CODEY_MODEL", "LD_PRELOAD", "SSH_AUTH_SOCK"}
    assert {"PATH", "HOME", "GIVEN", "TERM"} <= names


def test_time_out_ends_everything(runner: Runner) -> None:
    mark = uuid.uuid4().hex
    done = runner(f"export MARK={mark}; (setsid sleep 300 &); sleep 300", seconds=0.5)
    assert (done.timed_out, done.killed_by) == (True, "timeout")
    assert done.exit_code > 128
    wait_until_gone(mark)


def test_a_command_that_ignores_the_signal_is_killed(runner: Runner) -> None:
    mark = uuid.uuid4().hex
    done = runner(f"export MARK={mark}; trap '' TERM INT HUP; while :; do sleep 0.05; done", seconds=0.3)
    assert done.timed_out
    wait_until_gone(mark)


def test_cancel_ends_everything(runner: Runner) -> None:
    mark = uuid.uuid4().hex
    threading.Thread(target=lambda: (wait_for(runner), runner.cancel.set())).start()
    done = runner(f"export MARK={mark}; echo up; sleep 300")
    assert (done.killed_by, done.timed_out, done.output) == ("cancel", False, "up\n")
    wait_until_gone(mark)


def wait_for(runner: Runner) -> None:
    while not runner.shown:
        time.sleep(0.01)


def test_what_a_command_leaves_behind_is_ended_with_it(runner: Runner) -> None:
    """Also a double fork in a session of its own, which no process group reaches."""
    mark = uuid.uuid4().hex
    done = runner(
        f"(setsid sh -c 'echo up; sleep 300; : {mark}' &) ; while ! pgrep -f {mark} >/dev/null; do :; done; echo left"
    )
    assert done.exit_code == 0
    assert "left\n" in done.output
    assert not marked(mark), "gone by the time the run returns"


def test_processes_that_flee_are_caught(runner: Runner) -> None:
    """Each forks and ends without a pause, in a session of its own: whoever kills one by one comes too late."""
    mark = uuid.uuid4().hex
    flee = f"import os; '{mark}'\nos.fork(); os.fork()\nwhile True:\n    if os.fork(): os._exit(0)\n    os.setsid()"
    done = runner([sys.executable, "-c", flee], seconds=60)
    assert (done.exit_code, done.killed_by) == (0, "")
    assert not marked(mark)


def test_death_by_signal_is_told(runner: Runner) -> None:
    assert runner("kill -9 $$").exit_code == 137
    assert runner("kill -15 $$").exit_code == 143


def test_limits_hold(runner: Runner) -> None:
    code = "x = bytearray(400 << 20)"
    assert "MemoryError" in runner([sys.executable, "-c", code], memory_bytes=200 << 20).output
    runner("head -c 5000000 /dev/zero > big", file_bytes=1 << 20)
    assert (runner.workspace / "big").stat().st_size == 1 << 20
    spin = runner("while :; do :; done", cpu_seconds=1, seconds=60)
    assert (spin.timed_out, spin.exit_code) == (False, 137)


def test_a_command_that_does_not_exist(runner: Runner) -> None:
    done = runner(["no-such-command-here"])
    assert done.exit_code != 0
    assert "no-such-command-here" in done.output
    assert "".join(runner.shown) == done.output


def test_a_folder_that_does_not_exist_gets_a_sentence(runner: Runner) -> None:
    runner.workspace = runner.workspace / "gone"
    with pytest.raises(SandboxError, match="could not be started in"):
        runner("true")


def test_a_nul_in_a_command_gets_a_sentence(runner: Runner) -> None:
    with pytest.raises(SandboxError, match="NUL"):
        runner(["echo", "a\0b"])


def test_files_of_the_workspace_can_be_changed(runner: Runner) -> None:
    (runner.workspace / "in.txt").write_text("hello")
    assert runner("cp in.txt out.txt && mkdir -p a/b && pwd").output == f"{runner.workspace}\n"
    assert (runner.workspace / "out.txt").read_text() == "hello"
    assert (runner.workspace / "out.txt").stat().st_uid == os.getuid()


def test_the_python_of_codey_runs_inside(runner: Runner) -> None:
    """The verifier runs it."""
    done = runner([sys.executable, "-c", "import sys, sqlite3; print(sys.executable)"])
    assert done.output == f"{sys.executable}\n"


def test_many_runs_at_once(tmp_path: Path) -> None:
    results: dict[int, str] = {}

    def one(number: int) -> None:
        runner = Runner(Rlimits(), tmp_path)
        results[number] = runner(f"echo {number}").output

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{number}\n" for number in range(8)}


def test_nothing_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE_THAT_DIES, str(tmp_path), mark], stdout=subprocess.PIPE, text=True
    )
    output, _ = engine.communicate()
    assert output == "running\n"
    assert engine.returncode == -9
    wait_until_gone(mark)


def test_a_killed_supervisor_is_told_and_does_not_hang(tmp_path: Path) -> None:
    """A command with the user's rights can kill its own supervisor; all that it started is ended nevertheless."""
    mark = uuid.uuid4().hex
    runner = Runner(Rlimits(), tmp_path)
    done = runner(f"export MARK={mark}; echo up; (setsid sleep 300 &); kill -9 $PPID; sleep 300")
    assert (done.killed_by, done.output) == ("lost", "up\n")
    wait_until_gone(mark)
