"""The documented tool workflows in a real terminal, by keyboard, on a real repository with a remote."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codey_tui.protocol import events as ev
from tests.fakes.git_place import GitPlace
from tests.fakes.real_codey import Listener, RealCodey, wait_for
from tests.fakes.tmux import Tmux
from tests.integration.test_tool_workflows import STEPS, users

LOOKS = (
    ("git status", "Untracked"),
    ("read config.json", '"name": "codey"'),
    ("sqlite schema users.db", "CREATE TABLE users"),
)
RUNS = (
    ("create a directory named 'made'", "Created made"),
    ("run pytest checks/", "1 passed"),
    ('execute grep -r "TODO" .', "main.py:x = 1"),
)


def ask(tmux: Tmux, request: str) -> None:
    """Type a request and send it."""
    tmux.write(request)
    tmux.press("Enter")


def answer(tmux: Tmux, proposed: Callable[[], int], settled: Callable[[], int], number: int) -> None:
    """Say yes to the question of that number; a key within its grace time is no answer, so it is pressed again."""
    wait_for(lambda: proposed() >= number, f"question {number}")
    assert tmux.shows("waits for your answer"), tmux.text
    while settled() < number:
        tmux.press("y")
        soon(lambda: settled() >= number)


def soon(condition: Callable[[], bool]) -> None:
    """Wait for a condition for about as long as a question ignores keys."""
    end = time.monotonic() + 0.8
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def workbench(codey: RealCodey) -> Tmux:
    """The workbench with everything in sight."""
    codey.engine_pid()
    argv = [sys.executable, "-m", "codey_tui"]
    tmux = Tmux(argv, columns=150, rows=50, env=codey.env, cwd=str(codey.workspace))
    assert tmux.shows("Ask for something"), tmux.text
    return tmux


def test_looking_prints_at_once_and_running_asks(tmp_path: Path) -> None:
    with RealCodey(tmp_path) as codey:
        work = codey.workspace
        GitPlace(tmp_path, work)
        users(work / "users.db")
        (work / "config.json").write_text('{"name": "codey"}\n')
        (work / "main.py").write_text("x = 1  # TODO: more\n")
        (work / "checks").mkdir()
        (work / "checks" / "test_it.py").write_text("def test_it():\n    assert True\n")
        heard = Listener(codey.client)
        with workbench(codey) as tmux:
            for request, shown in LOOKS:
                ask(tmux, request)
                assert tmux.shows(shown), tmux.text
            looked = len(heard.of(ev.ActionSettled))
            assert heard.of(ev.ActionProposed) == []
            for number, (request, shown) in enumerate(RUNS, start=1):
                ask(tmux, request)
                answer(
                    tmux,
                    lambda: len(heard.of(ev.ActionProposed)),
                    lambda: len(heard.of(ev.ActionSettled)) - looked,
                    number,
                )
                assert tmux.shows(shown), tmux.text
                wait_for(lambda: len(heard.of(ev.TurnEnded)) == len(LOOKS) + number, "the end of the turn")  # noqa: B023
        assert (work / "made").is_dir()


@pytest.mark.parametrize("passing", [True, False])
def test_the_push_waits_for_the_tests(tmp_path: Path, passing: bool) -> None:
    with RealCodey(tmp_path) as codey:
        place = GitPlace(tmp_path, codey.workspace)
        place.commit("tests/test_it.py", f"def test_it():\n    assert {passing}\n", "a test")
        place.git("config", "pull.rebase", "true")
        heard = Listener(codey.client)
        with workbench(codey) as tmux:
            ask(tmux, STEPS)
            answer(tmux, lambda: len(heard.of(ev.PlanProposed)), lambda: len(heard.of(ev.PlanDecided)), 1)
            for number in range(1, 4 if passing else 3):
                answer(tmux, lambda: len(heard.of(ev.ActionProposed)), lambda: len(heard.of(ev.ActionSettled)), number)
            assert heard.event(ev.TurnEnded).result == ("done" if passing else "failed")
            assert tmux.shows("Done" if passing else "Failed"), tmux.text
            assert [event.state for event in heard.of(ev.ChunkEnded)][-1] == ("done" if passing else "skipped")
        pushed = place.git("rev-parse", "main") == place.git("ls-remote", "origin", "refs/heads/main").split()[0]
        assert pushed is passing
