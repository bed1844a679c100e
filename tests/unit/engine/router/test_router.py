"""What the rules make of requests: every example of the documentation, the traps, and whatever hypothesis invents."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.router import normalise_tool, route
from codey_tui.protocol.models import Route
from codey_tui.tools import registry
from codey_tui.tools.base import Tool

TOOLS = ("file", "shell")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("config.json", "main.py", "Makefile", "old.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "src").mkdir()
    return tmp_path


def shell(command: str) -> tuple[str, dict[str, object]]:
    return "shell", {"command": command}


def file(op: str, **args: object) -> tuple[str, dict[str, object]]:
    return "file", {"op": op, **args}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git status", shell("git status")),
        ("Git Status", shell("git status")),
        ("git pull", shell("git pull")),
        ('git commit -m "fix: the thing"', shell('git commit -m "fix: the thing"')),
        ("show me the git log", shell("git log")),
        ("commit all changes with message 'a b'", shell("git commit -am 'a b'")),
        ("create a directory named 'tests'", file("mkdir", path="tests")),
        ("create a folder called my-app", file("mkdir", path="my-app")),
        ("please make the folder src/lib", file("mkdir", path="src/lib")),
        ("make folders a, b and c", file("mkdir", paths=["a", "b", "c"])),
        ("mkdir -p templates static/css static/js", file("mkdir", paths=["templates", "static/css", "static/js"])),
        ("mkdir build", file("mkdir", path="build")),
        ("read config.json", file("read", path="config.json")),
        ("show me the contents of config.json", file("read", path="config.json")),
        ("what's in config.json?", file("read", path="config.json")),
        ("show lines 10-20 of main.py", file("read", path="main.py", start=10, end=20)),
        ("list files", file("list", path=".")),
        ("list the files in src", file("list", path="src")),
        ("What files are there?", file("list", path=".")),
        ("delete old.txt", file("delete", path="old.txt")),
        ("remove the folder build", file("delete", path="build")),
        ("rename main.py to app.py", file("move", path="main.py", target="app.py")),
        ("move main.py to src/", file("move", path="main.py", target="src/main.py")),
        ("copy main.py to b.py", file("copy", path="main.py", target="b.py")),
        ("create an empty file notes.txt", file("write", path="notes.txt", content="")),
        ("create a file notes.txt with content 'hello'", file("write", path="notes.txt", content="hello\n")),
        ("run pytest tests/", shell("pytest tests/")),
        ("run tests", shell("python3 -m pytest")),
        ("run tests.py", shell("python3 tests.py")),
        ("run the script main.py --fast", shell("python3 main.py --fast")),
        ("run pydoc -b", shell("pydoc -b")),
        ("run `ls -l`", shell("ls -l")),
        ('execute grep -r "TODO" .', shell('grep -r "TODO" .')),
        ("execute top -n 1", shell("top -n 1")),
        ("install numpy", shell("python3 -m pip install numpy")),
        ("install numpy and pandas", shell("python3 -m pip install numpy pandas")),
        ("ls -la", shell("ls -la")),
        ("cat main.py | grep foo", shell("cat main.py | grep foo")),
        ("make test", shell("make test")),
        ('sqlite query users.db "SELECT * FROM users"', shell("sqlite3 users.db 'SELECT * FROM users'")),
    ],
)
def test_a_tool_line_becomes_that_tools_arguments(
    workspace: Path, text: str, expected: tuple[str, dict[str, object]]
) -> None:
    found = route(text, TOOLS, workspace)
    assert (found.kind, (found.tool, found.args)) == ("tool", expected)
    tool: Tool = registry.find(found.tool)
    registry.decode(tool, dict(found.args))  # the tool itself accepts them


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("what does git status do?", "question"),
        ("git status?", "question"),
        ("explain how rebase differs from merge", "question"),
        ("how do I create a directory?", "question"),
        ("show me how to sort a list", "question"),
        ("is this function pure?", "question"),
        ("git log of the last week", "question"),
        ("Refactor utils.py to use async/await", "code"),
        ("Fix the bug in line 42 of main.py", "code"),
        ("find the bug in main.py", "code"),
        ("Create Fibonacci function", "code"),
        ("can you create a fibonacci function?", "code"),
        ("I need a script to resize images", "code"),
        ("Create a Python script to scrape HackerNews headlines", "code"),
        ("delete the function foo from main.py", "code"),
        ("create a directory listing script", "code"),
        ("write tests for main.py", "code"),
        ("bubble sort", "code"),
        ("calculator", "code"),
        ("hello world please", "code"),
        ("whip up a word counter", "code"),
        ("could we have a module for primes?", "code"),
        ("my homework: reverse a string", "code"),
        ("give me a function that adds", "code"),
        ("is it a leap year? write that in python", "code"),
        ("can I have a look at the weather?", "question"),
        ("hello world program in C", "code"),
        ("Write a function that reads a file and then prints it", "code"),
        ("make a website", "code"),
        ("1. git pull 2. run tests 3. if pass, git push", "steps"),
        ("Create a flask app structure and then write a hello world route", "steps"),
        ("install flask, then create app.py", "steps"),
        ("Create a full-stack todo app with Flask backend and SQLite database", "fullstack"),
        ("Build a web application with user authentication and a dashboard", "fullstack"),
        ("create an inventory app with a Flask backend and HTML templates", "fullstack"),
        ("9**9**9", "calc"),
        ("what is 15% of 240?", "calc"),
        ("what is pi?", "question"),
        ("", "clarify"),
        ("   \n ", "clarify"),
        ("???", "clarify"),
        ("asdfgh", "clarify"),
        ("hello", "clarify"),
        ("help", "clarify"),
        ("2024-01-15", "clarify"),
    ],
)
def test_kinds(workspace: Path, text: str, kind: str) -> None:
    assert route(text, TOOLS, workspace).kind == kind


@pytest.mark.parametrize("text", ["git status", "read config.json", "run pytest", "sqlite schema users.db"])
def test_a_tool_that_is_not_registered_is_never_chosen(workspace: Path, text: str) -> None:
    found = route(text, (), workspace)
    assert found.kind in {"code", "question", "clarify"}
    assert found.tool == ""


def test_git_lines_go_to_the_git_tool_once_there_is_one(workspace: Path) -> None:
    assert route("git status", (*TOOLS, "git"), workspace).tool == "git"


@pytest.mark.parametrize(
    ("name", "tool"),
    [("read", "file"), ("terminal", "shell"), ("git", "shell"), ("fix_code", ""), (" Shell ", "shell")],
)
def test_names_of_tools_are_normalised(name: str, tool: str) -> None:
    assert normalise_tool(name, frozenset(TOOLS)) == tool


def test_tests_are_run_as_the_project_runs_them(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    assert route("run the tests", TOOLS, tmp_path).args == {"command": "npm test"}


def test_dependencies_are_installed_from_the_file_that_lists_them(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n", encoding="utf-8")
    found = route("install the dependencies", TOOLS, tmp_path)
    assert found.args == {"command": "python3 -m pip install -r requirements.txt"}


def test_a_command_of_the_workbench_said_as_a_word_is_pointed_out(workspace: Path) -> None:
    assert "/undo" in route("undo", TOOLS, workspace).reply


def test_a_route_says_who_decided_it_and_how_long_it_took(workspace: Path) -> None:
    found = route("git status", TOOLS, workspace)
    assert found.decided_by == "rule:git"
    assert found.milliseconds > 0
    assert 0 < found.confidence <= 1


@pytest.mark.parametrize("text", ["", "???", "zzz", "hello"])
def test_clarify_says_what_would_help(workspace: Path, text: str) -> None:
    assert "Create Fibonacci function" in route(text, TOOLS, workspace).reply


@given(text=st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    found = route(text, TOOLS, Path(tempfile.gettempdir()))
    assert isinstance(found, Route)
    assert found.kind != "clarify" or found.reply
    assert found.kind != "tool" or found.tool in TOOLS


@given(
    words=st.lists(
        st.sampled_from("git run create a the file in main.py and then 2 + ' \" ` ? / \\ install mkdir".split())
    )
)
def test_no_jumble_of_known_words_is_an_error(words: list[str]) -> None:
    route(" ".join(words), TOOLS, Path(tempfile.gettempdir()))


def test_a_long_request_is_routed_by_its_beginning(workspace: Path) -> None:
    assert route("Fix this traceback in main.py\n" + "  File x\n" * 20_000, TOOLS, workspace).kind == "code"


@pytest.mark.parametrize(
    "text",
    [
        "how do I write a function that reverses a string",
        "how would you go about writing a small script to rename photos?",
        "how about a number guessing game in python?",
        "is there a script to rename all my photos?",
        "do you have a python function for primes",
        "what would a python function that merges two dicts look like?",
        "python: merge sort",
    ],
)
def test_a_question_that_wants_code_gets_code(workspace: Path, text: str) -> None:
    assert route(text, TOOLS, workspace).kind == "code"


@pytest.mark.parametrize(
    "text",
    [
        "how do I write a quick sort?",
        "what is a function that returns nothing called?",
        "is there a class named User in models.py?",
        "what does the script to deploy do?",
        "how about lunch",
        "how do I run a script that needs sudo?",
    ],
)
def test_a_question_about_code_stays_one(workspace: Path, text: str) -> None:
    assert route(text, TOOLS, workspace).kind == "question"
