"""Every example prompt of the program's documentation is routed as it says there, with the bundled weights."""

from pathlib import Path

import pytest

from codey_tui.engine.router import Router
from codey_tui.tools.registry import NAMES

ROUTER = Router(Path(__file__).parents[4] / "models" / "router.bin")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("git status", "tool git"),
        ("create a directory named 'tests'", "tool file"),
        ("read config.json", "tool file"),
        ("list files", "tool file"),
        ("git commit", "tool git"),
        ("run tests.py", "tool shell"),
        ("mkdir build", "tool file"),
        ("install numpy", "tool environment"),
        ("sqlite schema users.db", "tool sqlite"),
        ('sqlite query users.db "SELECT * FROM users"', "tool sqlite"),
        ("run pytest tests/", "tool shell"),
        ("run pydoc -b", "tool shell"),
        ('execute grep -r "TODO" .', "tool shell"),
        ("execute top -n 1", "tool shell"),
        ("mkdir -p templates static/css static/js", "tool file"),
        ("Create Fibonacci function", "code"),
        ("Create a Python script to scrape HackerNews headlines", "code"),
        ("Refactor utils.py to use async/await", "code"),
        ("Fix the bug in line 42 of main.py", "code"),
        ("Create a flask app structure and then write a hello world route", "steps"),
        ("1. git pull 2. run tests 3. if pass, git push", "steps"),
        ("Create a full-stack todo app with Flask backend and SQLite database", "fullstack"),
        ("Build a web application with user authentication and a dashboard", "fullstack"),
    ],
)
def test_documented_prompt(tmp_path: Path, text: str, kind: str) -> None:
    found = ROUTER(text, NAMES, tmp_path)
    assert f"{found.kind} {found.tool}".strip() == kind
