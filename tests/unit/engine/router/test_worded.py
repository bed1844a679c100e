"""Calls asked for in words of one's own: each does what was asked, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from codey_tui.engine.router import route
from codey_tui.engine.router.wording import worded_call
from codey_tui.engine.router.wording_parts import Parts
from codey_tui.tools import registry


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("main.py", "notes.txt", "users.db", "app.log"):
        (tmp_path / name).write_text("")
    for name in ("src", "data", "tests"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("commit", {"op": "commit"}),
        ("commit these changes: update readme", {"op": "commit", "everything": True, "message": "update readme"}),
        ("commit main.py with message 'speed up'", {"op": "commit", "message": "speed up", "paths": ["main.py"]}),
        ("commit staged changes with message 'x'", {"op": "commit", "message": "x"}),
        ("commit all changes with message 'x'", {"op": "commit", "everything": True, "message": "x"}),
    ],
)
def test_a_commit_holds_what_was_named(workspace: Path, text: str, args: dict[str, Any]) -> None:
    found = route(text, registry.NAMES, workspace)
    assert (found.kind, found.tool, found.args) == ("tool", "git", args)


def test_a_commit_among_steps_is_no_file_to_write(workspace: Path) -> None:
    assert route("commit", registry.NAMES, workspace).tool == "git"
    assert route("commit and push", registry.NAMES, workspace).kind == "steps"


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("revert the last commit", {"command": "git revert --no-edit HEAD"}),
        ("revert commit abc1234", {"command": "git revert --no-edit abc1234"}),
        ("undo the last commit", {"command": "git reset --soft 'HEAD~1'"}),
        ("undo the last 3 commits", {"command": "git reset --soft 'HEAD~3'"}),
        ("amend the last commit", {"command": "git commit --amend --no-edit"}),
        ("discard all my changes", {"op": "restore", "paths": ["."]}),
        ("discard my changes to main.py", {"op": "restore", "paths": ["main.py"]}),
        ("compare main with develop", {"command": "git diff main develop"}),
        ("show the last 3 commits", {"op": "log", "count": 3}),
        ("rename the branch to dev", {"command": "git branch -m dev"}),
        ("rename branch old to new-name", {"command": "git branch -m old new-name"}),
    ],
)
def test_git_in_words(workspace: Path, text: str, args: dict[str, Any]) -> None:
    call = worded_call("git", Parts(text, workspace))
    assert call is not None
    assert call.args == args


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("show the last 5 lines of app.log", {"command": "tail -n 5 app.log"}),
        ("show the first 5 lines of app.log", {"op": "read", "path": "app.log", "start": 1, "end": 5}),
        ("backup users.db", {"op": "copy", "path": "users.db", "target": "users_backup.db"}),
        ("make a copy of main.py", {"op": "copy", "path": "main.py", "target": "main_backup.py"}),
        ("copy main.py to old.py", {"op": "copy", "path": "main.py", "target": "old.py"}),
        (
            "delete all .pyc files",
            {"command": "find . -name '*.pyc' -type f -not -path '*/.git/*' -delete"},
        ),
        ("find all csv files", {"op": "find", "path": ".", "pattern": "*.csv"}),
        ("create a directory structure src/a/b", {"op": "mkdir", "path": "src/a/b"}),
        ("delete line 3 of main.py", None),
        ("look at main.py and add docstrings", None),
    ],
)
def test_files_in_words(workspace: Path, text: str, args: dict[str, Any] | None) -> None:
    call = worded_call("file", Parts(text, workspace))
    assert (call.args if call else None) == args


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("make run.sh executable", "chmod +x run.sh"),
        ("how big is users.db", "du -sh users.db"),
        ("test main.py", "python3 -m pytest main.py"),
        ("создай файл test.py", None),
    ],
)
def test_a_name_of_a_file_is_no_order(workspace: Path, text: str, command: str | None) -> None:
    call = worded_call("shell", Parts(text, workspace))
    assert (call.args["command"] if call else None) == command


@pytest.mark.parametrize("text", ["backup users.db", "how big is users.db"])
def test_what_is_done_with_a_database_file_looks_into_no_table(workspace: Path, text: str) -> None:
    assert worded_call("sqlite", Parts(text, workspace)) is None


@pytest.mark.parametrize("text", ["delete all log files", "squash the last 3 commits", "merge main.py and notes.txt"])
def test_what_sounds_like_git_and_is_not_its_line_is_none(workspace: Path, text: str) -> None:
    assert worded_call("git", Parts(text, workspace)) is None


@pytest.mark.parametrize(
    ("text", "tool", "args"),
    [
        ("grep TODO", "search", {"pattern": "TODO", "literal": True}),
        ("grep TODO main.py", "shell", {"command": "grep TODO main.py"}),
        ("ls | grep a", "shell", {"command": "ls | grep a"}),
        ("./build.sh --fast", "shell", {"command": "./build.sh --fast"}),
        ("clone https://example.com/a.git", "shell", {"command": "git clone https://example.com/a.git"}),
        (
            "add remote origin https://example.com/a.git",
            "shell",
            {"command": "git remote add origin https://example.com/a.git"},
        ),
        ("download https://example.com/a.csv", "shell", {"command": "curl -fLO https://example.com/a.csv"}),
        ("create files a.txt, b.txt and c.txt", "shell", {"command": "touch -- a.txt b.txt c.txt"}),
        ("new file x.py", "file", {"op": "write", "path": "x.py", "content": ""}),
        ("run python script main.py", "shell", {"command": "python3 main.py"}),
        ("show the contents of src", "file", {"op": "list", "path": "src"}),
        ("ping example.com", "shell", {"command": "ping example.com"}),
        ("sudo apt install curl", "shell", {"command": "sudo apt install curl"}),
        ("pkg install python", "shell", {"command": "pkg install python"}),
        ("flask run", "shell", {"command": "flask run"}),
        ("java Main", "shell", {"command": "java Main"}),
        ("bash build.sh fast", "shell", {"command": "bash build.sh fast"}),
        ("tree src", "shell", {"command": "tree src"}),
        ("install express with npm", "environment", {"op": "install", "kind": "node", "packages": ["express"]}),
        (
            "insert into users values (1, 'a') in users.db",
            "sqlite",
            {"op": "query", "path": "users.db", "sql": "insert into users values (1, 'a')"},
        ),
        (
            "delete all rows from users in users.db",
            "sqlite",
            {"op": "query", "path": "users.db", "sql": "DELETE FROM users"},
        ),
    ],
)
def test_lines_for_tools(workspace: Path, text: str, tool: str, args: dict[str, Any]) -> None:
    found = route(text, registry.NAMES, workspace)
    assert (found.kind, found.tool, found.args) == ("tool", tool, args)


@pytest.mark.parametrize(
    "text",
    [
        "flask hello world", "java class Person", "bash backup script", "tree traversal algorithm", "main.py crashes on start",
        "open main.py and fix the bug", "open notes.txt and change the date", "unit tests for main.py", "website for my restaurant",
    ],
)  # fmt: skip
def test_a_thing_to_write_or_to_mend_is_no_command(workspace: Path, text: str) -> None:
    assert route(text, registry.NAMES, workspace).kind == "code"


@pytest.mark.parametrize("text", ["ping monitor", "read notes.txt and delete it", "echo hello world", "tests for me"])
def test_what_only_begins_like_code_is_none(workspace: Path, text: str) -> None:
    found = route(text, registry.NAMES, workspace)
    assert found.kind != "code" or found.confidence < 0.75


@pytest.mark.parametrize(
    "text",
    [
        "patient manager web application in Python",
        "contact manager webapp in python",
        "book tracker web app",
        "inventory management web app with flask",
    ],
)
def test_a_web_application_that_manages_things_is_a_whole_one(workspace: Path, text: str) -> None:
    assert route(text, registry.NAMES, workspace).kind == "fullstack"


def test_the_contents_of_nothing_are_no_list(workspace: Path) -> None:
    assert route("show me the contents of the config", registry.NAMES, workspace).args.get("path") != "config"


@pytest.mark.parametrize(("text", "kind"), [("python vs javascript", "question"), ("player vs computer game", "code")])
def test_what_is_compared_is_asked_about(workspace: Path, text: str, kind: str) -> None:
    assert route(text, registry.NAMES, workspace).kind == kind
