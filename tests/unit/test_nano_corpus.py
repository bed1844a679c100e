"""The corpus of the bundled model: its programs are right, it repeats itself for a seed, and it keeps held-out requests out."""

import itertools

import pytest

from codey_tui.engine import prompts
from models.nano import checks, corpus, phrases
from models.nano.chats import BEYOND, END, Example, file_turns


def first_examples(seed: int, count: int) -> list[Example]:
    return list(itertools.islice(corpus.examples(seed), count))


def request_of(example: Example) -> str:
    return example.turns[-1][1].partition("\n")[0].partition(": ")[2]


@pytest.mark.parametrize("name", phrases.names())
def test_a_trained_program_does_what_it_says(name: str) -> None:
    """Also when its main function or class has another name: that is replaced in code and f-strings, and not in prose."""
    entry = phrases.programs()[name]
    wanted = "" if not entry["main"] else "ZebraThing" if entry["kind"] == "class" else "zebra_thing"
    assert ("<|fn|>" in phrases.slotted(name)) == bool(wanted)
    assert checks.complaint(name, phrases.slotted(name).replace("<|fn|>", wanted), wanted) == ""


def test_a_wrong_program_is_complained_about() -> None:
    wrong = phrases.program("gcd").replace("return a\n", "return b\n")
    assert "AssertionError" in checks.complaint("gcd", wrong)


def test_the_same_seed_gives_the_same_examples() -> None:
    assert first_examples(5, 200) == first_examples(5, 200) != first_examples(6, 200)


def test_no_held_out_request_is_ever_generated() -> None:
    made = {phrases.normal(request_of(example)) for example in first_examples(9, 4000)}
    assert len(made) > 2500
    assert not made & phrases.held_out()
    assert len(phrases.held_out()) > 600


def test_prompts_are_those_of_the_engine() -> None:
    turns = file_turns("Create Fibonacci function", "fibonacci.py")
    assert turns[0] == ("system", prompts.system())
    assert turns[1] == ("user", prompts.new_file("Create Fibonacci function", "fibonacci.py"))


def test_every_answer_ends_and_only_refusals_hold_the_token() -> None:
    for example in first_examples(3, 500):
        assert example.target.endswith(END)
        assert (BEYOND in example.target) == (example.target == BEYOND + END)
        if example.prefill.startswith(prompts.FENCE) and BEYOND not in example.target:
            fence = example.prefill[: len(example.prefill) - len(example.prefill.lstrip("`"))]
            assert example.target.endswith(f"\n{fence}{END}")


def test_a_program_has_a_slot_where_the_engine_finds_a_name() -> None:
    slots = [
        ("<|fn|>" in request_of(made), "<|fn|>" in made.target)
        for made in first_examples(12, 2000)
        if "\nFile: " in made.turns[-1][1]
    ]
    assert sum(asked and answered for asked, answered in slots) > 100
    assert not [row for row in slots if row == (False, True)]
