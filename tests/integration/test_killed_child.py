"""The model's process is killed in the middle: the turn says so, nothing half-written stays, and retry goes on."""

import os
import signal
from pathlib import Path

import psutil

from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import DecideAction, RetryTurn
from tests.fakes.real_codey import Listener, RealCodey, wait_for

REQUEST = "Create Fibonacci function"


def model_process(engine: int) -> int:
    """The process id of the engine's model."""
    found = [p.pid for p in psutil.Process(engine).children() if "codey_tui.inference.child" in p.cmdline()]
    assert len(found) == 1
    return found[0]


def test_kill_9_of_the_model_is_reported_and_retry_finishes_the_turn(tmp_path: Path) -> None:
    with RealCodey(tmp_path, {"CODEY_MAX_TOKENS_PER_S": "100"}) as codey:
        screen = codey.screen(columns=120, rows=36)
        watcher = codey.begin(REQUEST)
        file = codey.workspace / "fibonacci.py"
        wait_for(lambda: file.exists() and file.stat().st_size > 100, "a growing file")
        engine = codey.engine_pid()
        os.kill(model_process(engine), signal.SIGKILL)
        failed = watcher.event(ev.TurnEnded)
        assert failed.result == "failed"
        assert failed.can_retry
        assert "fibonacci.py" in failed.reason
        assert list(codey.workspace.iterdir()) == []
        assert screen.shows("retry"), screen.text
        assert screen.wait(0) is None
        assert codey.engine_pid() == engine
        codey.client.submit(RetryTurn())
        action = watcher.event(ev.ActionProposed).action
        codey.client.submit(DecideAction(action_id=action.id, verdict="allow"))
        assert watcher.event(ev.TurnEnded, 2).result == "done"
        assert "0, 1, 1, 2, 3, 5" in watcher.event(ev.ActionEnded).result.output
        screen.kill()


def test_kill_9_of_the_engine_leaves_no_half_file_and_the_next_engine_says_so(tmp_path: Path) -> None:
    with RealCodey(tmp_path, {"CODEY_MAX_TOKENS_PER_S": "50"}) as codey:
        codey.begin(REQUEST)
        file = codey.workspace / "fibonacci.py"
        wait_for(lambda: file.exists() and file.stat().st_size > 50, "a growing file")
        engine = codey.engine_pid()
        child = psutil.Process(model_process(engine))
        first = codey.client
        os.kill(engine, signal.SIGKILL)
        wait_for(lambda: bool(first.gone), "the end of the engine")
        wait_for(lambda: not child.is_running(), "the end of the orphaned model")
        assert codey.engine_pid() != engine
        late = Listener(codey.client)
        assert late.event(ev.TurnEnded).result == "failed"
        assert "fibonacci.py" in late.event(ev.Noticed).text
        assert not file.exists()
        codey.client.submit(RetryTurn())
        action = late.event(ev.ActionProposed).action
        codey.client.submit(DecideAction(action_id=action.id, verdict="allow"))
        assert late.event(ev.TurnEnded, 2).result == "done"
