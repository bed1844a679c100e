"""Which file an order changes, where it speaks of others as well."""

from pathlib import Path

import pytest

from codey_tui.engine.planner import plan
from codey_tui.engine.router import route
from codey_tui.protocol.models import Route
from codey_tui.tools.registry import NAMES

CODE = Route(kind="code", confidence=1.0, decided_by="test", milliseconds=0.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("main.py", "utils.py", "data.csv", "config.json", "index.html", "users.db", "notes.txt", "README.md"):
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "utils.py").write_text(
        "def load(path):\n    return path\n\n\ndef load_data(path):\n    return load(path)\n"
    )
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "test_core.py").write_text("")
    return tmp_path


def planned(text: str, workspace: Path) -> list[str]:
    found = route(text, NAMES, workspace)
    made = plan(text, found if found.kind == "steps" else CODE, workspace, tools=NAMES)
    return [f"{chunk.kind} {chunk.path}" if chunk.path else chunk.command for chunk in made.chunks]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("script to parse data.csv", "source_file parse_data_csv.py"),
        ("script: notes.txt becomes notes_old.txt beside it", "source_file main_2.py"),
        ("plot data.csv", "source_file plot_data_csv.py"),
        ("convert data.csv to json", "source_file convert_data_csv.py"),
        ("script that reads config.json and writes output.yaml", "source_file config_json.py"),
        ("write a script that saves rows to out.csv", "source_file saves_rows.py"),
        ("write a script called conv.py that reads data.csv", "source_file conv.py"),
        ("count the words in notes.txt", "source_file count_words_notes_txt.py"),
        ("translate main.py to javascript", "source_file main.js"),
        ("rewrite main.py in go", "source_file main.go"),
        ("convert utils.py to a class", "edit utils.py"),
        ("rewrite main.py to use classes", "edit main.py"),
        ("add a script to index.html", "edit index.html"),
        ("fix the code for index.html", "edit index.html"),
        ("add a key to config.json", "edit config.json"),
        ("open config.json and change the port to 8080", "edit config.json"),
        ("translate index.html to german", "edit index.html"),
        ("create data2.json with three users", "source_file data2.json"),
        ("write a story to story.txt", "source_file story.txt"),
        ("make please one file with name test.txt", "source_file test.txt"),
        ("add tests for utils.py and run them", "source_file test_utils.py"),
        ("create a test file for utils.py", "source_file test_utils.py"),
        ("create tests/test_main.py with a test for main", "source_file tests/test_main.py"),
        ("add a test for load to src/test_core.py", "edit src/test_core.py"),
        ("delete function load", "edit utils.py"),
        ("update the readme", "edit README.md"),
        ("write a readme", "source_file README_2.md"),
        ("add error handling to load_data", "edit utils.py"),
        ("add a function to sort numbers", "source_file sort_numbers.py"),
        ("add a column age to users in users.db", "source_file column_age.py"),
        ("give me the code for binary search", "source_file binary_search.py"),
        ("craete hello.py that prints hi", "source_file hello.py"),
        ("craete a fibonacci funtion", "source_file fibonacci.py"),
    ],
)
def test_only_what_is_to_change_is_written(workspace: Path, text: str, path: str) -> None:
    assert planned(text, workspace)[0] == path


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("run main.py, then delete it", ["python3 main.py", "rm -r -- main.py"]),
        ("read main.py then fix it", ["cat -- main.py", "edit main.py"]),
        ("write a.py then move it to src/", ["source_file a.py", "mv -- a.py src/a.py"]),
        (
            "write fizzbuzz in fizz.py, run it, then commit with message 'x'",
            ["source_file fizz.py", "python3 fizz.py", "git commit --all -m x"],
        ),
        ("run main.py then commit it with message 'x'", ["python3 main.py", "git commit --all -m x"]),
    ],
)
def test_it_is_the_file_of_the_step_before(workspace: Path, text: str, chunks: list[str]) -> None:
    assert planned(text, workspace) == chunks


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("git add main.py and commit with message 'x'", "git commit -m x"),
        ("stage main.py, then commit all with message 'x'", "git commit --all -m x"),
        ("git pull, then commit with message 'x'", "git commit --all -m x"),
    ],
)
def test_a_commit_after_staging_takes_what_was_staged(workspace: Path, text: str, last: str) -> None:
    assert planned(text, workspace)[-1] == last
