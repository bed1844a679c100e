"""The shell tool in a real sandbox."""

import socket
import threading
from pathlib import Path

import pytest

from codey_tui.sandbox import Bubblewrap
from codey_tui.tools import ToolError
from tests.fakes.tool_calls import ToolCalls

PROBLEM = Bubblewrap().problem()


def test_a_command_runs_in_the_workspace(calls: ToolCalls) -> None:
    calls.make("a.txt", "hello\n")
    risk, preview = calls.assess("shell", command="  cat a.txt\n")
    assert (risk.level, preview.kind, preview.body) == ("execute", "command", "cat a.txt")
    result = calls.run("shell", command="cat a.txt; pwd")
    assert (result.ok, result.exit_code, result.sandbox) == (True, 0, "rlimits")
    assert result.output == f"hello\n{calls.workspace}\n"
    assert "".join(calls.printed) == result.output


def test_a_failing_command_is_a_result_and_no_error(calls: ToolCalls) -> None:
    result = calls.run("shell", command="echo no >&2; exit 3")
    assert (result.ok, result.exit_code, result.summary, result.output) == (False, 3, "exit code 3", "no\n")


def test_a_time_limit_is_kept_and_told(calls: ToolCalls) -> None:
    result = calls.run("shell", command="echo up; sleep 300", seconds=0.3)
    assert not result.ok
    assert result.summary == "stopped after 0.3 s: it had not ended by then"
    assert result.output == "up\n"


def test_cancel_is_told(calls: ToolCalls) -> None:
    threading.Timer(0.2, calls.cancel.set).start()
    assert calls.run("shell", command="sleep 300").summary.startswith("cancelled after")


@pytest.mark.skipif(bool(PROBLEM), reason=f"only a sandbox with walls cuts the network, and {PROBLEM}")
def test_the_network_is_open_to_a_command_that_asks_for_it_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:8080")
    monkeypatch.setenv("ALL_PROXY", "http://me:secret@proxy.invalid:8080")
    calls = ToolCalls(tmp_path, Bubblewrap())
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import os, socket; print(os.environ.get('HTTPS_PROXY'), os.environ.get('ALL_PROXY')); socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        command = f'python3 -c "{code}"'
        assert not calls.assess("shell", command=command)[0].network
        assert "refused" in calls.run("shell", command=command).output
        assert calls.assess("shell", command=command, network=True)[0].network
        done = calls.run("shell", command=command, network=True)
        assert (done.ok, done.output) == (True, "http://proxy.invalid:8080 None\n")


def test_several_lines_run_as_one_script(calls: ToolCalls) -> None:
    _, preview = calls.assess("shell", command="x=1\necho $x")
    assert preview.title == "x=1"
    assert calls.run("shell", command="x=1\necho $x").output == "1\n"


@pytest.mark.parametrize("command", ["", "  \n", "echo \x1b[2J", "echo \u202ehidden", "echo a\0b", "echo \u200bx"])
def test_what_cannot_be_seen_is_not_run(calls: ToolCalls, command: str) -> None:
    with pytest.raises(ToolError, match=r"empty|invisible"):
        calls.assess("shell", command=command)


def test_a_very_long_command_is_refused(calls: ToolCalls) -> None:
    with pytest.raises(ToolError, match="script file"):
        calls.assess("shell", command="echo " + "x" * 20_000)
