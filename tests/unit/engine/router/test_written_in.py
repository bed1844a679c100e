"""Applications, pages and shell scripts that are asked for without a verb of making."""

from pathlib import Path

import pytest

from codey_tui.engine.router import route

TOOLS = ("file", "shell", "git", "search", "sqlite")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("back up a folder in bash", "code"),
        ("show disk usage with a shell script", "code"),
        ("rename all .txt files to .md in bash", "code"),
        ("show a stopwatch on an html page", "code"),
        ("count up and down in html, css and js", "code"),
        ("a contact form with name, email and message", "code"),
        ("bash script for backups", "code"),
        ("python script for backups", "code"),
        ("flask web app", "fullstack"),
        ("webapp for messages, please", "fullstack"),
        ("stamp webapp with flask", "fullstack"),
        ("I need a small website where I can keep track of my bookings", "fullstack"),
        ("how do I back up a folder in bash?", "question"),
        ("explain how loops work in bash", "question"),
        ("flask run --port 8000", "tool"),
        ("bash build.sh", "tool"),
        ("python app.py", "tool"),
        ("grep -r bash .", "tool"),
    ],
)
def test_what_is_written_and_what_is_run(text: str, kind: str, tmp_path: Path) -> None:
    assert route(text, TOOLS, tmp_path).kind == kind
