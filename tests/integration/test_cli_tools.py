"""The documented workflows through `codey run`, in processes of their own."""

import sqlite3
from pathlib import Path

import pytest

from tests.fakes.git_place import GitPlace
from tests.fakes.shell import codey

STEPS = "1. git pull 2. run tests 3. if pass, git push"


@pytest.fixture
def place(home: Path) -> GitPlace:
    """A repository with a configuration and a database."""
    place = GitPlace(home, home / "project")
    (place.workspace / "config.json").write_text('{"name": "codey"}\n')
    database = sqlite3.connect(place.workspace / "users.db")
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    database.execute("INSERT INTO users (name) VALUES ('Ada')")
    database.commit()
    database.close()
    return place


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("git status", "On main, level with origin/main"),
        ("read config.json", '"name": "codey"'),
        ("list files", "config.json"),
        ("sqlite schema users.db", "CREATE TABLE users"),
        ('sqlite query users.db "SELECT * FROM users"', "Ada"),
        ("search for codey", "config.json:1:"),
    ],
)
def test_looking_needs_no_answer(place: GitPlace, prompt: str, expected: str) -> None:
    done = codey("run", prompt, "--approve", "none", cwd=place.workspace)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_a_directory_and_a_search_by_command(place: GitPlace) -> None:
    done = codey("run", "create a directory named 'tests'", "--approve", "all", cwd=place.workspace)
    assert done.returncode == 0, done.stderr
    assert (place.workspace / "tests").is_dir()
    (place.workspace / "tests" / "a.py").write_text("# TODO\n")
    done = codey("run", 'execute grep -r "TODO" .', "--approve", "all", cwd=place.workspace)
    assert "./tests/a.py:# TODO" in done.stdout


@pytest.mark.parametrize("passing", [True, False])
def test_the_push_is_skipped_when_the_tests_fail(place: GitPlace, passing: bool) -> None:
    place.from_elsewhere("theirs.txt", "theirs\n", "from elsewhere")
    place.git("pull", "-q", "--rebase")
    place.commit("tests/test_it.py", f"def test_it():\n    assert {passing}\n", "a test")
    done = codey("run", STEPS, "--approve", "all", cwd=place.workspace)
    assert done.returncode == (0 if passing else 1), done.stderr
    assert ("1 passed" in done.stdout) == passing
    assert ("Did not run `git push`" in done.stdout) == (not passing)
    assert place.remote_log == [*(["a test"] if passing else []), "from elsewhere", "first"]
