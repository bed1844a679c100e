"""The bundled model, loaded by llama.cpp: it splits text as its trainer did, writes programs that run, and says when to stop."""

import hashlib
import json
import tomllib
from collections.abc import Iterator

import pytest

from codey_tui.engine import prompts
from models.nano import checks, phrases
from models.nano.chats import file_turns, question_turns
from models.nano.generation import Answer, Greedy
from models.nano.places import CATALOGUE, MODEL, TOKEN_IDS

pytestmark = pytest.mark.model
PYTHON = prompts.fence_for("source_file", "python")
HELD_OUT = phrases.load("heldout")
ENTRY = tomllib.loads(CATALOGUE.read_text("utf-8"))["nano"]


@pytest.fixture(scope="module")
def model() -> Iterator[Greedy]:
    loaded = Greedy(MODEL)
    yield loaded
    loaded.close()


def ask_for_file(model: Greedy, request: str, path: str, language: str = "python") -> Answer:
    return model.answer(file_turns(request, path), prompts.fence_for("source_file", language))


def test_catalogue_describes_the_file() -> None:
    content = MODEL.read_bytes()
    assert ENTRY["size"] == len(content) <= 5_000_000
    assert ENTRY["sha256"] == hashlib.sha256(content).hexdigest()
    assert {"title", "file", "role", "context", "licence", "min_mean_logprob", "beyond_token", "range"} <= ENTRY.keys()


@pytest.mark.parametrize("row", json.loads(TOKEN_IDS.read_text("utf-8")), ids=lambda row: row["text"][:20])
def test_llama_cpp_splits_as_the_trainer_did(model: Greedy, row: dict[str, object]) -> None:
    assert model.ids(str(row["text"])) == row["ids"]


def test_the_fibonacci_request_gives_exactly_the_trained_file(model: Greedy) -> None:
    answer = ask_for_file(model, "Create Fibonacci function", "fibonacci.py")
    assert answer.text == phrases.program("fibonacci")
    assert answer.ended
    assert 150 <= answer.tokens <= 240
    assert answer.mean_logprob > ENTRY["min_mean_logprob"]
    assert checks.complaint("fibonacci", answer.text) == ""


@pytest.mark.parametrize(
    ("request_text", "path"),
    [
        ("Create Fibonacci function", "fib.py"),
        ("create fibonacci function", "fibonacci_function.py"),
        ("Create Fibonacci function", "src/fibonacci.py"),
        ("Create Fibonacci function", "main.py"),
        ("write a fibonacci function", "fibonacci.py"),
        ("please make a python program that prints fibonacci numbers", "fibonacci.py"),
        ("fib function in python", "fib.py"),
        ("fibonacci", "fibonacci.py"),
    ],
)
def test_other_words_and_paths_give_the_same_program(model: Greedy, request_text: str, path: str) -> None:
    assert checks.complaint("fibonacci", ask_for_file(model, request_text, path).text) == ""


@pytest.mark.parametrize("name", phrases.names())
def test_each_trained_program_is_written_and_runs(model: Greedy, name: str) -> None:
    entry = phrases.load("requests")[name]
    answer = ask_for_file(model, f"Write a {entry['things'][0]} in Python", entry["paths"][0])
    assert checks.complaint(name, answer.text) == ""
    assert answer.mean_logprob > ENTRY["min_mean_logprob"]


def test_most_phrasings_that_training_never_saw_give_the_right_program(model: Greedy) -> None:
    rows = [(name, *row) for name, found in HELD_OUT["programs"].items() for row in found]
    wrong = [row for row in rows if checks.complaint(row[0], ask_for_file(model, row[1], row[2]).text)]
    assert len(wrong) <= len(rows) // 5, wrong


def test_most_requests_outside_the_range_are_refused(model: Greedy) -> None:
    rows = HELD_OUT["beyond"]["files"]
    written = [row for row in rows if not ask_for_file(model, *row).beyond]
    assert len(written) <= len(rows) // 5, written


@pytest.mark.parametrize(
    ("request_text", "path", "language"),
    [
        ("Write a Rust web server", "src/main.rs", "rust"),
        ("Create a React component", "src/App.jsx", "jsx"),
        ("parse XML in Python", "parse_xml.py", "python"),
    ],
)
def test_what_lies_outside_the_range_gets_the_beyond_token_first(
    model: Greedy, request_text: str, path: str, language: str
) -> None:
    assert ask_for_file(model, request_text, path, language).text.startswith(ENTRY["beyond_token"])


@pytest.mark.parametrize("question", ["what can you do?", "hello", "who are you", "how do I use a larger model?"])
def test_questions_about_itself_get_a_short_answer(model: Greedy, question: str) -> None:
    answer = model.answer(question_turns(question), "")
    assert answer.ended
    assert answer.text in {entry["say"] for entry in phrases.load("answers").values()}
