"""A dropped line kills the screen and nothing else: the turn goes on, and whoever comes back sees all of it."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from codey_tui.protocol import events as ev
from tests.fakes.pty_harness import Emulated
from tests.fakes.real_codey import WAIT_S, Listener, RealCodey, wait_for

REQUEST = "Create Fibonacci function"
WAYS = ("pty closed", "SIGHUP", "SIGTERM", "pty closed", "SIGHUP")
FILES = ("fib1.py", "fib2.py", "fib3.py", "fibonacci.py")
TURNS = len(FILES)


def drop(screen: Emulated, way: str) -> float:
    """Take a screen away and wait until its process is gone; the seconds that took."""
    started = time.monotonic()
    if way == "pty closed":
        screen.hang_up()
    else:
        os.kill(screen.pid, signal.SIGHUP if way == "SIGHUP" else signal.SIGTERM)
    assert screen.wait(WAIT_S) is not None, f"a screen was still there after {way}"
    return time.monotonic() - started


@pytest.mark.timeout(300)
def test_twenty_dropped_screens_lose_nothing_of_four_turns(tmp_path: Path) -> None:
    took: list[tuple[float, str]] = []
    with RealCodey(tmp_path, {"CODEY_MAX_TOKENS_PER_S": "25"}) as codey, ExitStack() as left:
        watcher = Listener(codey.client)
        for turn in range(1, TURNS + 1):
            screens = [codey.screen() for _ in WAYS]
            for screen in screens:
                left.callback(screen.kill)
                assert screen.shows("enter send" if turn == 1 else REQUEST), screen.text
            codey.begin(f"{REQUEST} in {FILES[turn - 1]}", first_chunk_only=True).leave()
            for screen, way in zip(screens, WAYS, strict=True):
                assert len(watcher.of(ev.TurnEnded)) == turn - 1, "the turn was over before all screens were dropped"
                took.append((drop(screen, way), way))
                if way != "pty closed":
                    assert screen.cooked(), f"the terminal was left raw after {way}"
                    assert not screen.modes & {1000, 1003, 1049}, f"modes {screen.modes} were left on after {way}"
            assert watcher.event(ev.TurnEnded, turn).result == "done"
            assert (codey.workspace / FILES[turn - 1]).read_text().startswith('"""Fibonacci')
        late = Listener(codey.client)
        wait_for(lambda: len(late.durable()) >= len(watcher.durable()), "the replay")
        assert late.durable() == watcher.durable()
        back = codey.screen(columns=120, rows=36)
        assert back.shows(FILES[-1]), back.text
        back.kill()
    worst, way = max(took)
    print(f"{len(took)} screens dropped; the slowest was gone after {worst:.2f} s ({way})")
    assert len(took) == 20


def test_a_pending_approval_is_there_again_for_who_comes_back(tmp_path: Path) -> None:
    with RealCodey(tmp_path) as codey:
        watcher = codey.begin(REQUEST)
        waiting = watcher.event(ev.ActionProposed)
        screen = codey.screen(columns=120, rows=36)
        assert screen.shows("python3 fibonacci.py"), screen.text
        drop(screen, "pty closed")
        screen.kill()
        again = codey.screen(columns=120, rows=36)
        assert again.shows("python3 fibonacci.py"), again.text
        late = Listener(codey.client)
        assert late.event(ev.ActionProposed).action == waiting.action
        again.kill()
