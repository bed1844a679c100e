"""The forms in which people string orders together, and what keeps a step from running after a failure."""

import pytest

from codey_tui.engine.router.steps import split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git pull, run the tests and push", ["git pull", "?run the tests", "?push"]),
        ("git pull, run the tests, and push if everything is green", ["git pull", "?run the tests", "?push"]),
        ("first git pull, then run tests", ["git pull", "?run tests"]),
        ("First, read a.py. Then fix a.py.", ["read a.py", "?fix a.py"]),
        ("git pull followed by run tests", ["git pull", "?run tests"]),
        ("run tests -> git push", ["run tests", "?git push"]),
        ("git add . && git commit -m 'a and then b' && git push", ["git add .", "?git commit -m 'a and then b'", "?git push"]),
        ("a) git pull b) run tests c) git push", ["git pull", "run tests", "git push"]),
        ("a) git pull b) if it works, run tests", ["git pull", "?run tests"]),
        ("do this: 1. git pull 2. run tests", ["git pull", "run tests"]),
        ("please 1. git pull 2. run tests", ["git pull", "run tests"]),
        ("* create a.py\n* run a.py", ["create a.py", "run a.py"]),
        ("1. git pull\n2. run tests\n3. only if they pass, git push", ["git pull", "run tests", "?git push"]),
        ("1. run tests 2. git push if everything is ok", ["run tests", "?git push"]),
        ("run tests; if all is well, git push", ["run tests", "?git push"]),
        ("run tests and if that works git push", ["run tests", "?git push"]),
        ("run the tests and push if everything is ok", ["run the tests", "?push"]),
        ("run the tests. then push.", ["run the tests", "?push"]),
        ("when the tests pass git push", ["run the tests", "?git push"]),
        ("git push once the tests pass", ["run the tests", "?git push"]),
        ("git push, but only if the tests are green", ["run the tests", "?git push"]),
        ("commit with message 'fix, then run' and push", ["commit with message 'fix, then run'", "?push"]),
        ("move a.txt to b.txt; delete c.txt; list files", ["move a.txt to b.txt", "?delete c.txt", "?list files"]),
        ("install flask, then create app.py, then run app.py", ["install flask", "?create app.py", "?run app.py"]),
        ("install the requirements, run main.py, then if it works commit with message 'ok'",
         ["install the requirements", "?run main.py", "?commit with message 'ok'"]),
        ("write a progress bar, then add unit tests to lib/bar.py, then run the tests",
         ["write a progress bar", "?add unit tests to lib/bar.py", "?run the tests"]),
        ("can you pull and then run the tests", ["pull", "?run the tests"]),
        ("git stash, git pull, git stash pop", ["git stash", "?git pull", "?git stash pop"]),
        ("refactor a.py and lint a.py", ["refactor a.py", "?lint a.py"]),
        ("read a.py and after that explain a.py", ["read a.py", "?explain a.py"]),
        ("run tests, next git push", ["run tests", "?git push"]),
        ("run tests, lastly git push", ["run tests", "?git push"]),
    ],
)  # fmt: skip
def test_forms_of_steps(text: str, expected: list[str]) -> None:
    assert ["?" * step.if_succeeded + step.text for step in split(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "delete a.py and b.py",
        "read a.py, b.py and c.py",
        "install flask and requests",
        "write a script that pulls, runs and pushes",
        "fix the typo and the bug in main.py",
        "what happens after git pull and run tests?",
        "create a.py and run it",
        "rename a.py and the class in it",
        "if the build works push",
        "a function to read, sort and list numbers",
    ],
)
def test_what_stays_one_request(text: str) -> None:
    assert split(text) == []
