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
    ],
)
def test_git_in_words(workspace: Path, text: str, args: dict[str, Any]) -> None:
    call = worded_call("git", Parts(text, workspace))
    assert call is not None
    assert call.args == args
