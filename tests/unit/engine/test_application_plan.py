"""The plan of a web application with a login, a dashboard, or both."""

from pathlib import Path

import pytest

from codey_tui.engine.planner import plan
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk

LOGIN = {"auth.py", "templates/login.html"}
DASHBOARD = {"templates/dashboard.html"}


def chunks(request: str, workspace: Path) -> tuple[Chunk, ...]:
    route = Route(kind="fullstack", confidence=1.0, decided_by="rule", milliseconds=0.0)
    return plan(request, route, workspace).chunks


def added(request: str, workspace: Path) -> set[str]:
    return {chunk.path for chunk in chunks(request, workspace)} & (LOGIN | DASHBOARD)


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        ("Create a full-stack todo app with Flask backend and SQLite database", set[str]()),
        ("Build a web application with user authentication and a dashboard", LOGIN | DASHBOARD),
        ("build a web app for books with login", LOGIN),
        ("a web app where users sign up and log in to see their orders", LOGIN),
        ("full-stack notes app, password protected", LOGIN),
        ("web app for plants that has a dashboard", DASHBOARD),
        ("web app for runs with some statistics", DASHBOARD),
        ("web app for notes without login, with a dashboard", DASHBOARD),
        ("web app for notes with user accounts but no dashboard", LOGIN),
        ("web app for books where everyone needs an account", LOGIN),
        ("web app for books. everyone needs an account that comes with a dashboard", LOGIN | DASHBOARD),
        ("web app for books, secured with a password", LOGIN),
        ("web app for books, only for registered users", LOGIN),
        ("web app for books with a page of totals", DASHBOARD),
        ("web app for books with an overview page", DASHBOARD),
        ("web app to keep an account of expenses", set[str]()),
        ("a full-stack password manager", set[str]()),
        ("web app to track my bank accounts", set[str]()),
        ("web app to collect statistics homework", set[str]()),
    ],
)
def test_the_words_of_a_request_add_chunks(request_: str, paths: set[str], tmp_path: Path) -> None:
    assert added(request_, tmp_path) == paths


def test_a_login_and_a_dashboard_are_in_the_plan_and_in_the_instructions(tmp_path: Path) -> None:
    plain = {chunk.path: chunk for chunk in chunks("Create a full-stack book app", tmp_path) if chunk.path}
    found = [chunk for chunk in chunks("Create a full-stack book app with login and dashboard", tmp_path) if chunk.path]
    whole = {chunk.path: chunk for chunk in found}
    assert [chunk.path for chunk in found] == [
        "models.py",
        "auth.py",
        "app.py",
        "init_db.py",
        "templates/index.html",
        "templates/login.html",
        "templates/dashboard.html",
        "static/css/style.css",
        "static/js/app.js",
        "README.md",
    ]
    assert sum(chunk.max_tokens for chunk in found) == 2048 + 3 * 384
    assert whole["app.py"].depends == whole["init_db.py"].depends == (whole["models.py"].id, whole["auth.py"].id)
    assert whole["auth.py"].depends == (whole["models.py"].id,)
    told = {path for path, chunk in plain.items() if chunk.instruction != whole[path].instruction}
    assert told == {"app.py", "init_db.py", "templates/index.html", "README.md"}
    assert "{" not in "".join(chunk.instruction for chunk in found)


def test_a_login_without_a_database_has_no_tables(tmp_path: Path) -> None:
    found = [chunk.path for chunk in chunks("Create a full-stack app with login, no database, in FastAPI", tmp_path)]
    assert "auth.py" in found
    assert not {"models.py", "init_db.py"} & set(found)


def test_a_taken_login_page_moves_the_application_into_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "auth.py").touch()
    found = chunks("Create a full-stack book app with login", tmp_path)
    assert all(chunk.path.startswith("book_app") for chunk in found if chunk.path)
