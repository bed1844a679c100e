"""The bundled model, loaded by llama.cpp and asked as the engine asks: it splits text as its trainer did, writes what runs, and says when to stop."""

import hashlib
import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from codey_tui.engine import prompts
from codey_tui.engine.slots import name_in
from models.nano import checks, edit_check, fullstack_check, pages_check, phrases
from models.nano.asking import make
from models.nano.chats import file_turns, question_turns
from models.nano.generation import Greedy
from models.nano.places import CATALOGUE, HERE, MODEL, TOKEN_IDS

pytestmark = pytest.mark.model
PYTHON = prompts.fence_for("source_file", "python")
ENTRY = tomllib.loads(CATALOGUE.read_text("utf-8"))["nano"]


def held_out(name: str) -> dict[str, list[dict[str, str]]]:
    return tomllib.loads((HERE / "heldout" / f"{name}.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def model() -> Iterator[Greedy]:
    loaded = Greedy(MODEL)
    yield loaded
    loaded.close()


def test_catalogue_describes_the_file() -> None:
    content = MODEL.read_bytes()
    assert ENTRY["size"] == len(content) <= 16_000_000
    assert ENTRY["sha256"] == hashlib.sha256(content).hexdigest()
    assert {"title", "file", "role", "context", "licence", "min_mean_logprob", "beyond_token", "range"} <= ENTRY.keys()
    assert ENTRY["slots"] is True


@pytest.mark.parametrize("row", json.loads(TOKEN_IDS.read_text("utf-8")), ids=lambda row: row["text"][:20])
def test_llama_cpp_splits_as_the_trainer_did(model: Greedy, row: dict[str, object]) -> None:
    assert model.ids(str(row["text"])) == row["ids"]


def test_greedy_text_is_the_trainers(model: Greedy) -> None:
    """What the trainer's own network wrote, greedily, for these prompts when the file was exported."""
    for row in json.loads((HERE / "greedy.json").read_text("utf-8")):
        turns = tuple((role, text) for role, text in row["turns"])
        assert model.answer(turns, row["prefill"]).text == row["text"]


def test_the_fibonacci_request_gives_exactly_the_trained_file(model: Greedy) -> None:
    answer = model.answer(file_turns("Create Fibonacci function", "fibonacci.py"), PYTHON)
    assert answer.text == phrases.program("fibonacci")
    assert answer.ended
    assert answer.mean_logprob > ENTRY["min_mean_logprob"]


def test_trained_programs_are_written_and_run(model: Greedy) -> None:
    wrong: list[str] = []
    names = phrases.names()[::6]
    for name in names:
        made = make(model, f"Write a {phrases.programs()[name]['things'][0]} in Python")
        if made.problem or checks.complaint(name, next(iter(made.files.values()), "")):
            wrong.append(f"{name}: {made.problem}")
    assert len(wrong) <= len(names) // 6, wrong


def test_a_function_gets_the_name_that_was_asked_for(model: Greedy) -> None:
    request = "Write a function called zorro_numbers that computes fibonacci numbers"
    assert name_in(request) == "zorro_numbers"
    made = make(model, request)
    assert checks.complaint("fibonacci", next(iter(made.files.values())), "zorro_numbers") == ""


def test_most_phrasings_that_training_never_saw_give_the_right_program(model: Greedy) -> None:
    rows = [(name, table["requests"][1]) for name, table in held_out("programs").items() if name != "blind"][::4]  # type: ignore[call-overload]
    wrong = []
    for name, request in rows:
        made = make(model, request)
        if made.problem or checks.complaint(name, next(iter(made.files.values()), "")):
            wrong.append(request)
    assert len(wrong) <= 2 * len(rows) // 5, wrong


def test_a_whole_application_works_for_a_name_that_training_never_saw(model: Greedy) -> None:
    made = make(
        model, "Create a full-stack lighthouse app with Flask backend and SQLite database, with login and a dashboard"
    )
    assert made.problem == ""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in made.files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, "utf-8")
        assert fullstack_check.complaint(Path(folder), "lighthouses", login=True, dashboard=True) == ""


@pytest.mark.parametrize(
    ("request_text", "name"),
    [("make a page with a stopwatch", "stopwatch_page"), ("a bash script that backs up a folder", "backup_script")],
)
def test_pages_and_shell_scripts_are_written(model: Greedy, request_text: str, name: str) -> None:
    made = make(model, request_text)
    assert made.problem == ""
    assert pages_check.complaint(name, next(iter(made.files.values()))) == ""


@pytest.mark.parametrize("kind", ["docstring", "type_hints", "rename"])
def test_a_shown_function_is_edited(model: Greedy, kind: str) -> None:
    rows = held_out("edits")[kind][:4]
    made = [make(model, row["request"], {row["path"]: row["content"]}) for row in rows]
    wrong = [
        row["request"]
        for row, found in zip(rows, made, strict=True)
        if found.problem or edit_check.complaint(kind, row, found.files.get(row["path"], ""))
    ]
    assert len(wrong) <= 2, wrong


def test_most_requests_outside_the_range_are_refused(model: Greedy) -> None:
    rows = [*held_out("beyond")["far"][::3], *held_out("beyond")["near"][::3]]
    written = [request for request in map(str, rows) if make(model, request).files]
    assert len(written) <= len(rows) // 5, written


@pytest.mark.parametrize("question", ["what can you do?", "hello", "who are you", "how do I use a larger model?"])
def test_questions_about_itself_get_a_short_answer(model: Greedy, question: str) -> None:
    answer = model.answer(question_turns(question), "")
    assert answer.ended
    assert answer.text in {entry["say"] for entry in phrases.load("answers").values()}
