"""Lines that the tools of their own take: their arguments, and the command line where a tool is missing."""

from pathlib import Path
from typing import Any

import pytest

from codey_tui.engine.router import route
from codey_tui.tools import registry

OLD = ("file", "shell")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "a.py").write_text("")
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "tool", "args"),
    [
        ("git status -sb", "git", {"op": "status"}),
        ("use terminal command=ls", "shell", {"command": "ls"}),
        ("use the shel tool with command=ls", "shell", {"command": "ls"}),
        ("read /etc/passwd", "file", {"op": "read", "path": "/etc/passwd"}),
        ("read ../other", "file", {"op": "read", "path": "../other"}),
        ("use read path=a.py", "file", {"op": "read", "path": "a.py"}),
        ("run a.py with network access", "shell", {"command": "python3 a.py", "network": True}),
        ("run a.py with --verbose", "shell", {"command": "python3 a.py --verbose"}),
        ("test everything please", "shell", {"command": "npm test"}),
        ("kill 1234", "shell", {"command": "kill 1234"}),
        ("git log --oneline -5", "git", {"op": "log", "count": 5}),
        ("git log -n 3 a.py", "git", {"op": "log", "count": 3, "paths": ["a.py"]}),
        ("git diff --staged", "git", {"op": "diff", "staged": True}),
        ("git diff main -- a.py", "git", {"op": "diff", "revision": "main", "paths": ["a.py"]}),
        ("git show HEAD~1", "git", {"op": "show", "revision": "HEAD~1"}),
        ("git blame a.py", "git", {"op": "blame", "paths": ["a.py"]}),
        ("git checkout -b topic", "git", {"op": "switch", "create": True, "name": "topic"}),
        ("git checkout main", "git", {"op": "switch", "name": "main"}),
        ("git checkout -- a.py", "git", {"op": "restore", "paths": ["a.py"]}),
        ("git add -A", "git", {"op": "add", "paths": ["."]}),
        ("git add .", "git", {"op": "add", "paths": ["."]}),
        ('git commit -am "say it"', "git", {"op": "commit", "everything": True, "message": "say it"}),
        ("git commit", "git", {"op": "commit"}),
        ("git stash pop", "git", {"op": "stash", "action": "pop"}),
        ("git tag v1", "git", {"op": "tag", "name": "v1"}),
        ("git pull origin main", "git", {"op": "pull", "remote": "origin", "name": "main"}),
        ("git push --force origin main", "git", {"op": "push", "force": True, "remote": "origin", "name": "main"}),
        ("push", "git", {"op": "push"}),
        ("git rebase main", "shell", {"command": "git rebase main"}),
        ("git log --author=me", "shell", {"command": "git log --author=me"}),
        ("git log | head -3", "shell", {"command": "git log | head -3"}),
        ("git add $(cat list)", "shell", {"command": "git add $(cat list)"}),
        ("sqlite tables users.db", "sqlite", {"op": "tables", "path": "users.db"}),
        ("show the schema of users.db", "sqlite", {"op": "schema", "path": "users.db"}),
        ("search for TODO in src", "search", {"pattern": "TODO", "literal": True, "path": "src"}),
        ("search for 'def main('", "search", {"pattern": "def main(", "literal": True}),
        ("grep for TODO", "search", {"pattern": "TODO", "literal": True}),
        ("find all TODOs", "search", {"pattern": "TODO", "literal": True}),
        ("install numpy", "environment", {"op": "install", "packages": ["numpy"]}),
        ("pip install numpy==2.0 pandas", "environment", {"op": "install", "packages": ["numpy==2.0", "pandas"]}),
        ("npm install express", "environment", {"op": "install", "kind": "node", "packages": ["express"]}),
        ("install the dependencies", "environment", {"op": "install", "kind": "node"}),
        ("create a virtual environment", "environment", {"op": "create", "kind": "python"}),
        ("describe the environment", "environment", {"op": "describe"}),
        ("python: print(1)", "python", {"code": "print(1)"}),
        ("run this python code: ```python\nprint(1)\n```", "python", {"code": "print(1)"}),
        ("use python code='print(1)'", "python", {"code": "print(1)"}),
        ('use the search tool with {"pattern": "x", "types": ["py"]}', "search", {"pattern": "x", "types": ["py"]}),
    ],
)
def test_a_line_becomes_arguments_that_the_tool_takes(
    workspace: Path, text: str, tool: str, args: dict[str, Any]
) -> None:
    found = route(text, registry.NAMES, workspace)
    assert (found.kind, found.tool, found.args) == ("tool", tool, args)
    assert registry.BUILT_IN.call(found.tool, found.args).tool.name == tool


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("git push --force origin main", "git push --force origin main"),
        ("install numpy", "python3 -m pip install numpy"),
        ("sqlite tables users.db", "sqlite3 users.db .tables"),
        ("search for 'a b' in src", "grep -rnF -- 'a b' src"),
        ("create a venv", "python3 -m venv .venv"),
        ("python: print('x')", "python3 -c 'print('\"'\"'x'\"'\"')'"),
    ],
)
def test_without_the_tool_the_shell_does_the_same(workspace: Path, text: str, command: str) -> None:
    found = route(text, OLD, workspace)
    assert (found.kind, found.tool, found.args) == ("tool", "shell", {"command": command})


@pytest.mark.parametrize(
    "text",
    [
        "search for a good sorting algorithm",
        "create a search function",
        "use requests to download a page",
        "use weather city=Paris",
        "write a python script that installs numpy",
        "how do I create a virtual environment?",
        "find the bug in a.py",
    ],
)
def test_what_only_sounds_like_a_tool_is_none(workspace: Path, text: str) -> None:
    assert route(text, registry.NAMES, workspace).kind != "tool"
