"""What a new file is called: a page and a shell script after what is made, a program after what it does."""

import pytest

from codey_tui.engine.naming import new_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("create a landing page with css", "index.html"),
        ("create a contact form with name, email and message", "contact_form_name.html"),
        ("a sign in page", "signin.html"),
        ("build a portfolio website", "index.html"),
        ("create a website for my bakery", "index.html"),
        ("make a to-do list page in html and javascript", "todo_list.html"),
        ("todo page with html, css and js", "todo.html"),
        ("create a stopwatch in the browser", "stopwatch_browser.html"),
        ("code an html counter", "counter.html"),
        ("write css for the login page", "login.css"),
        ("create a json file with three users", "json_three_users.json"),
        ("docker compose in yaml", "docker_compose_yaml.yaml"),
    ],
)
def test_a_page_or_a_document_is_what_is_made(text: str, path: str) -> None:
    assert new_path(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "fetch a web page",
        "create a web page reader",
        "create a website checker",
        "write a script to monitor a website",
        "create an html parser",
        "a script to tidy a json document",
        "create a CSV from a JSON file",
        "write a script that parses yaml",
        "calculate the distances from a start node",
        "remove a node from a linked list",
        "express a number as a roman numeral",
        "python web page downloader",
    ],
)
def test_what_a_program_reads_does_not_name_its_language(text: str) -> None:
    assert new_path(text).endswith(".py")


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("create a website check in bash", ".sh"),
        ("write a shell script to check a website", ".sh"),
        ("back up a folder in bash", ".sh"),
        ("build a node server", ".js"),
        ("create an express app", ".js"),
        ("a javascript stopwatch", ".js"),
        ("create a react login page", ".jsx"),
        ("write a php contact form", ".php"),
    ],
)
def test_a_language_that_is_named_wins(text: str, ending: str) -> None:
    assert new_path(text).endswith(ending)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("portfolio template with css", ".html"),
        ("html chronometer", ".html"),
        ("analog clock with css", ".html"),
        ("css for a navbar", ".css"),
        ("gradient background with css", ".css"),
        ("a css file for a login form", ".css"),
        ("html editor", ".py"),
    ],
)
def test_what_is_seen_is_a_page_and_what_is_only_styled_a_sheet(text: str, ending: str) -> None:
    assert new_path(text).endswith(ending)
