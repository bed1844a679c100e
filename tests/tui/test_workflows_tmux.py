"""The documented tool workflows in a real terminal, by keyboard, on a real repository with a remote."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codey_tui.protocol import events as ev
from codey_tui.tui.widgets.decision import GRACE
from tests.fakes.git_place import GitPlace
from tests.fakes.real_codey import WAIT_S, Listener, RealCodey, wait_for
from tests.fakes.tmux import Tmux
from tests.integration.test_tool_workflows import STEPS, users

LOOKS = (
    ("git status", "Untracked"),
    ("read config.json", '"name": "codey"'),
    ("sqlite schema users.db", "CREATE TABLE users"),
)
RUNS = (
    ("create a directory named 'tests'", "Created tests"),
    ("run pytest tests/", "1 passed"),
    ('execute grep -r "TODO" .', "main.py:x = 1"),
)
ELSEWHERE = "ctrl+t to answer"


def ask(tmux: Tmux, request: str) -> None:
    """Type a request, see it in the prompt, and send it."""
    tmux.write(request)
    assert tmux.shows(request), tmux.text
    tmux.press("Enter")


def until_asked(tmux: Tmux, key: str) -> None:
    """Wait until a question with this among its keys has had the focus for longer than it ignores keys."""
    end = time.monotonic() + WAIT_S
    since = time.monotonic()
    while time.monotonic() < since + 1.5 * GRACE:
        screen = tmux.text
        if key not in screen or ELSEWHERE in screen:
            since = time.monotonic()
        assert time.monotonic() < end, f"{key!r} never had the focus:\n{screen}"
        time.sleep(0.02)


def answer(tmux: Tmux, key: str, settled: Callable[[], int], number: int) -> None:
    """Say yes to the question that is the `number`-th to be settled, with one key."""
    until_asked(tmux, key)
    assert settled() == number - 1
    tmux.press("y")
    wait_for(lambda: settled() == number, f"the answer to question {number}")


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
        heard = Listener(codey.client)

        def settled() -> int:
            return len([event for event in heard.of(ev.ActionSettled) if event.decided_by == "person"])

        def ended(count: int) -> None:
            wait_for(lambda: len(heard.of(ev.TurnEnded)) == count, f"the end of turn {count}")

        with workbench(codey) as tmux:
            for turn, (request, shown) in enumerate(LOOKS, start=1):
                ask(tmux, request)
                ended(turn)
                assert tmux.shows(shown), tmux.text
            assert heard.of(ev.ActionProposed) == []
            for number, (request, shown) in enumerate(RUNS, start=1):
                ask(tmux, request)
                answer(tmux, "allow once", settled, number)
                ended(len(LOOKS) + number)
                (work / "tests" / "test_it.py").write_text("def test_it():\n    assert True\n")
                assert tmux.shows(shown), tmux.text
            assert {event.result for event in heard.of(ev.TurnEnded)} == {"done"}


@pytest.mark.parametrize("passing", [True, False])
def test_the_push_waits_for_the_tests(tmp_path: Path, passing: bool) -> None:
    with RealCodey(tmp_path) as codey:
        place = GitPlace(tmp_path, codey.workspace)
        place.commit("tests/test_it.py", f"def test_it():\n    assert {passing}\n", "a test")
        place.git("config", "pull.rebase", "true")
        heard = Listener(codey.client)
        with workbench(codey) as tmux:
            ask(tmux, STEPS)
            answer(tmux, "approve", lambda: len(heard.of(ev.PlanDecided)), 1)
            for number in range(1, 4 if passing else 3):
                answer(tmux, "allow once", lambda: len(heard.of(ev.ActionSettled)), number)
            assert heard.event(ev.TurnEnded).result == ("done" if passing else "failed")
            assert tmux.shows("Done" if passing else "Failed"), tmux.text
            assert [event.state for event in heard.of(ev.ChunkEnded)][-1] == ("done" if passing else "skipped")
        pushed = place.git("rev-parse", "main") == place.git("ls-remote", "origin", "refs/heads/main").split()[0]
        assert pushed is passing
