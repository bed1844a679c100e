"""Plans: which file, which command, which ceilings; and that nothing that exists is ever planned to be overwritten."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.chunks import CHUNKS, spec
from codey_tui.engine.planner import PlanRefused, plan
from codey_tui.engine.router import route
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk

CODE = Route(kind="code", confidence=1.0, decided_by="test", milliseconds=0.0)


def chunks(text: str, workspace: Path, files: Sequence[str] = ()) -> tuple[Chunk, ...]:
    found = route(text, ("file", "shell"), workspace)
    return plan(text, found if found.kind in {"steps", "fullstack"} else CODE, workspace, files).chunks


def names(found: Sequence[Chunk]) -> list[tuple[str, str]]:
    return [(chunk.kind, chunk.path or chunk.command) for chunk in found]


@pytest.mark.parametrize(
    ("text", "path", "run"),
    [
        ("Create Fibonacci function", "fibonacci.py", "python3 fibonacci.py"),
        ("bubble sort", "bubble_sort.py", "python3 bubble_sort.py"),
        (
            "Create a Python script to scrape HackerNews headlines",
            "scrape_hackernews_headlines.py",
            "python3 scrape_hackernews_headlines.py",
        ),
        ("write a function that checks whether a number is prime", "prime.py", "python3 prime.py"),
        ("Write a quicksort implementation and run it", "quicksort.py", "python3 quicksort.py"),
        ("create a binary search function in javascript", "binary_search.js", "node binary_search.js"),
        ("hello world program in C", "hello_world.c", ""),
        ("create a landing page in HTML", "index.html", ""),
        ("write a stylesheet", "style.css", ""),
        ("write a README", "README.md", ""),
        ("parse a .env file into a dict", "parse_env_dict.py", "python3 parse_env_dict.py"),
        ("create a .env file", ".env", ""),
        ("I was wondering if you could code a maze solver", "maze_solver.py", "python3 maze_solver.py"),
        ("create a Dockerfile", "Dockerfile", ""),
        ("create app.py with a hello world flask server", "app.py", ""),
        ("create a file called greet.py that greets", "greet.py", "python3 greet.py"),
        ("create a 2048 game", "game_2048.py", ""),
        ("Create a queue class", "queue_example.py", ""),
        ("créer une fonction récursive", "creer_une_fonction_recursive.py", "python3 creer_une_fonction_recursive.py"),
        ("write a shell script that backs up my home folder", "backs_home_folder.sh", ""),
    ],
)
def test_a_new_file_is_named_by_the_request(tmp_path: Path, text: str, path: str, run: str) -> None:
    found = chunks(text, tmp_path)
    assert found[0].path == path
    assert [chunk.command for chunk in found[1:]] == ([run] if run else [])
    for chunk in found[1:]:
        assert (chunk.condition, chunk.depends) == ("previous_succeeded", (found[0].id,))


def test_a_source_file_has_its_ceiling_language_and_the_bare_request(tmp_path: Path) -> None:
    first = chunks("Create Fibonacci function", tmp_path)[0]
    assert (first.kind, first.max_tokens, first.language, first.instruction) == ("source_file", 512, "python", "")
    assert first.title == "Write fibonacci.py"


def test_an_existing_file_that_is_named_is_edited(tmp_path: Path) -> None:
    (tmp_path / "utils.py").touch()
    found = chunks("Refactor utils.py to use async/await", tmp_path)
    assert names(found) == [("edit", "utils.py")]
    assert found[0].max_tokens == 512
    assert names(chunks("create utils.py with a helper", tmp_path)) == [("edit", "utils.py")]


def test_a_taken_name_that_nobody_wrote_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "fibonacci.py").touch()
    (tmp_path / "fibonacci_2.py").symlink_to("nowhere")
    assert chunks("Create Fibonacci function", tmp_path)[0].path == "fibonacci_3.py"


def test_a_file_that_is_only_read_is_not_the_target(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    found = chunks("write a script that reads config.json and prints it", tmp_path)
    assert found[0].kind == "source_file"
    assert found[0].path.endswith(".py")


def test_files_that_the_client_attached_are_targets_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    assert names(chunks("fix the bug", tmp_path, ["a.py"])) == [("edit", "a.py")]


def test_the_only_code_file_is_meant_when_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.py").touch()
    assert names(chunks("fix the bug in the loop", tmp_path)) == [("edit", "one.py")]


def test_tests_for_a_file_are_a_new_file_that_is_run_by_pytest(tmp_path: Path) -> None:
    (tmp_path / "utils.py").touch()
    found = chunks("write tests for utils.py", tmp_path)
    assert names(found) == [("source_file", "test_utils.py"), ("command", "python3 -m pytest test_utils.py")]


def test_a_file_to_fix_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    with pytest.raises(PlanRefused, match=r"no mian\.py .* mean main\.py"):
        chunks("Fix the bug in line 42 of mian.py", tmp_path)


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", ".git/hooks/a.sh"])
def test_a_path_out_of_the_workspace_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(PlanRefused):
        chunks(f"create {path}", tmp_path)


def test_a_full_stack_plan_has_the_eight_chunks_of_the_table(tmp_path: Path) -> None:
    found = chunks("Create a full-stack todo app with Flask backend and SQLite database", tmp_path)
    assert names(found) == [
        ("database_schema", "models.py"),
        ("backend_routes", "app.py"),
        ("database_schema", "init_db.py"),
        ("command", "mkdir -p templates static/css static/js"),
        ("frontend_html", "templates/index.html"),
        ("frontend_css", "static/css/style.css"),
        ("frontend_js", "static/js/app.js"),
        ("readme", "README.md"),
    ]
    assert sum(chunk.max_tokens for chunk in found) == 2048
    assert len({chunk.id for chunk in found}) == 8
    assert found[1].depends == found[2].depends == (found[0].id,)
    assert all(chunk.instruction for chunk in found if chunk.kind != "command")
    assert "{" not in "".join(chunk.instruction for chunk in found)


def test_a_full_stack_plan_without_a_database(tmp_path: Path) -> None:
    found = chunks("Create a full-stack notes app without a database using FastAPI", tmp_path)
    assert "models.py" not in [chunk.path for chunk in found]
    assert "FastAPI" in found[0].instruction


def test_a_full_stack_plan_goes_into_a_folder_of_its_own_where_names_are_taken(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    found = chunks("Create a full-stack todo app with Flask backend and SQLite database", tmp_path)
    paths = [chunk.path for chunk in found if chunk.path]
    assert all(path.startswith("todo_app/") for path in paths)
    assert "mkdir -p todo_app/templates todo_app/static/css todo_app/static/js" in [chunk.command for chunk in found]


def test_steps_become_commands_with_conditions(tmp_path: Path) -> None:
    found = chunks("1. git pull 2. run tests 3. if pass, git push", tmp_path)
    assert [(chunk.command, chunk.condition) for chunk in found] == [
        ("git pull", "always"),
        ("python3 -m pytest", "always"),
        ("git push", "previous_succeeded"),
    ]
    assert found[0].title == "Run git pull"


def test_a_step_can_go_on_with_the_file_of_the_step_before(tmp_path: Path) -> None:
    found = chunks("Create a flask app structure and then write a hello world route", tmp_path)
    assert names(found) == [
        ("command", "mkdir -p templates static/css static/js"),
        ("backend_setup", "app.py"),
        ("edit", "app.py"),
    ]
    assert found[2].depends == (found[1].id,)
    assert found[2].instruction == "write a hello world route"


def test_file_steps_become_command_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    found = chunks(
        "1. create a directory named 'my dir' 2. move a.txt to b.txt 3. list files 4. delete b.txt", tmp_path
    )
    assert [chunk.command for chunk in found] == [
        "mkdir -p -- 'my dir'",
        "mv -- a.txt b.txt",
        "ls -- .",
        "rm -r -- b.txt",
    ]


def test_a_step_that_no_plan_can_do_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanRefused, match=r"Step 2 \(explain how it works\)"):
        chunks("1. create fibonacci function 2. explain how it works", tmp_path)


def test_every_chunk_type_is_registered_once_with_the_ceiling_of_the_table() -> None:
    assert {entry.kind: entry.ceiling for entry in CHUNKS} == {
        "backend_setup": 256,
        "backend_routes": 384,
        "database_schema": 192,
        "frontend_html": 384,
        "frontend_css": 256,
        "frontend_js": 384,
        "readme": 256,
        "source_file": 512,
        "edit": 512,
        "command": 0,
    }
    assert all(spec(entry.kind) is entry for entry in CHUNKS)


REQUESTS = st.lists(
    st.sampled_from(
        "create write fix a the fibonacci function in main.py utils.py new html page and run it 42 tests for".split()
    ),
    min_size=1,
    max_size=10,
).map(" ".join)


@given(
    request_text=REQUESTS,
    taken=st.sets(st.sampled_from(["main.py", "fibonacci.py", "index.html", "utils.py", "test_main.py"])),
)
def test_what_exists_is_edited_and_never_written_anew(request_text: str, taken: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in taken:
            (Path(folder) / name).touch()
        try:
            found = plan(request_text, CODE, Path(folder)).chunks
        except PlanRefused as refused:
            assert str(refused)
            return
        for chunk in found:
            if chunk.path:
                assert (chunk.kind == "edit") == (chunk.path in taken)
                assert os.sep not in chunk.path
