"""How a request falls into steps, and when it does not."""

import pytest

from codey_tui.engine.router.steps import MAX_STEPS, split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "1. git pull 2. run tests 3. if pass, git push",
            [("git pull", False), ("run tests", False), ("git push", True)],
        ),
        ("1) create a.py\n2) run it if it works", [("create a.py", False), ("run it", True)]),
        ("Step 1: git pull. Step 2: run tests", [("git pull", False), ("run tests", False)]),
        ("- create a.py\n- run a.py", [("create a.py", False), ("run a.py", False)]),
        ("git pull, then run tests and then git push", [("git pull", False), ("run tests", True), ("git push", True)]),
        ("run tests; git push", [("run tests", False), ("git push", True)]),
        ("create a.py\nrun a.py", [("create a.py", False), ("run a.py", True)]),
        ("run tests, then if they pass git push", [("run tests", False), ("git push", True)]),
    ],
)
def test_steps(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [tuple(step) for step in split(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Create Fibonacci function",
        "Write a function that reads a file and then prints it",
        "write a script to read a file and then write it back",
        "create fibonacci and run it",
        "fix the bug in version 1. 2 things are broken",
        "what is 1. and what is 2. about?",
        "explain this; it is odd",
        "2. run tests 3. git push",
    ],
)
def test_one_request_is_not_split(text: str) -> None:
    assert split(text) == []


def test_the_number_of_steps_is_bounded() -> None:
    assert len(split(" ".join(f"{number}. run tests" for number in range(1, 60)))) == MAX_STEPS


@pytest.mark.parametrize(
    "text",
    [
        "rename load => read_all in utils.py",
        "rename load -> read_all in utils.py",
        "rename load → list in utils.py",
        "change load_data -> read_data in utils.py",
        "create hello.py with a hello function and run it",
        "create a folder browser with search and preview",
        "create a todo app with add and delete tasks",
    ],
)
def test_an_arrow_between_names_and_parts_of_one_thing_are_no_steps(text: str) -> None:
    assert split(text) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("git pull -> run tests", ["git pull", "run tests"]),
        ("rename a.txt to b.txt -> git add .", ["rename a.txt to b.txt", "git add ."]),
        ("install flask and create a hello world app", ["install flask", "create a hello world app"]),
        ("create a venv, install flask, and write app.py", ["create a venv", "install flask", "write app.py"]),
        (
            "make a folder lib, create lib/a.py with a hello function and run it",
            ["make a folder lib", "create lib/a.py with a hello function", "run it"],
        ),
    ],
)
def test_what_prepares_something_is_a_step_of_its_own(text: str, parts: list[str]) -> None:
    assert [step.text for step in split(text)] == parts
