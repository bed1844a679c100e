"""Prompt-lookup decoding: what is said never hangs on the drafts, and drafts that do not pay end."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.inference.lookup import Lookup, Plain
from codey_tui.inference.lookup_payoff import LONG, SHORT, PayOff, draft_limit
from codey_tui.inference.lookup_source import LEAST_MATCH, Source
from tests.fakes.reciting import VOCABULARY, AlwaysPays, Foreseeing, Reciter

ids = st.lists(st.integers(0, 3), min_size=1, max_size=60)


def say(model: Reciter, steps: Plain, count: int) -> list[int]:
    """As a generation does: choose, and go on while more is wanted."""
    said: list[int] = []
    while True:
        said.append(int(steps.logits().argmax()))
        if len(said) == count:
            steps.close()
            return said
        steps.advance(said[-1], count - len(said))


def other(count: int, seed: int = 1) -> list[int]:
    """Tokens that repeat nothing."""
    return random.Random(seed).sample(range(1, VOCABULARY), count)


@given(ids, ids, st.integers(0, 7), st.lists(st.integers(0, 59), max_size=5))
def test_what_is_said_is_what_plain_decoding_says(
    prompt: list[int], text: list[int], wrong: int, ties: list[int]
) -> None:
    for source in (None, Foreseeing(prompt, text, wrong)):
        model = Reciter(prompt, text, ties=ties)
        model.pay_off = AlwaysPays()
        model.pay_off.plain(1.0)
        assert say(model, Lookup(model, source, model.clock), len(text)) == text
        said_and_held = [*prompt, *text]
        assert model.tokens in (said_and_held, said_and_held[:-1]), "the KV cache holds what was said and no more"


@given(ids, st.integers(1, 12))
def test_a_place_agrees_with_the_last_tokens(tokens: list[int], least: int) -> None:
    place = Source(tokens).find(least)
    expected = [
        at for at in range(least, len(tokens)) if len(tokens) > least and tokens[at - least : at] == tokens[-least:]
    ]
    assert bool(place) == bool(expected)
    assert not place or place in expected


def test_the_longest_agreement_wins_and_the_latest_of_equals() -> None:
    source = Source([9, 1, 2, 3, 5, 8, 1, 2, 3, 6, 7, 1, 2, 3, 7, 9, 1, 2, 3])
    assert source.find(2) == 4
    source.add(4)
    assert source.find(1) == 0
    assert Source([1, 2, 3, 0, 1, 2, 4, 0, 1, 2]).find(2) == 6


def test_behind_a_copy_two_tokens_are_enough_and_a_pattern_goes_on() -> None:
    text = other(40)
    source = Source([*text, 0, 0, text[20]])
    assert source.find() == 0
    source.copied(20)
    source.add(text[21])
    assert source.find() == 22
    assert Source([1, 2, 3, 1, 2, 3, 1]).at(4, 7) == [2, 3, 1, 2, 3, 1, 2]


def test_a_copied_text_takes_few_evaluations() -> None:
    text = other(60)
    model = Reciter([*text, 0], [*text[:30], 0, 0, 0, *text[33:]])
    lookup = Lookup(model, clock=model.clock)
    assert say(model, lookup, 60)[:30] == text[:30]
    assert lookup.accepted >= 45
    assert model.singles + len(model.batches) < 22
    assert lookup.gain > 1.5


# Times a single token, by tokens of a batch, as measured on two cores.
COSTS = {
    "0.5B": ((1, 2, 4, 8, 16, 32), (1.0, 1.6, 3.0, 4.2, 4.7, 5.6)),
    "7B": ((1, 2, 4, 8, 16, 32), (1.0, 1.7, 3.0, 4.2, 4.4, 6.8)),
}


@pytest.mark.parametrize(("model", "limit"), [("0.5B", 15), ("7B", LONG)])
@pytest.mark.parametrize("period", [50, 100, 200])
def test_a_refactoring_that_repeats_four_fifths_is_nearly_twice_as_quick(model: str, limit: int, period: int) -> None:
    text = [number + 1 for number in range(600)]
    shown = [token + 1000 if token % period < period // 5 else token for token in text]
    sizes, costs = COSTS[model]
    reciter = Reciter(shown, text, verify=lambda size: float(np.interp(size, sizes, costs)))
    reciter.draft_limit = limit
    assert say(reciter, Lookup(reciter, clock=reciter.clock), len(text)) == text
    assert len(text) / reciter.now > 1.8


def test_a_near_tie_is_decided_by_the_token_alone() -> None:
    text = other(40)
    model = Reciter(text, text, ties=[20])
    assert say(model, Lookup(model, Foreseeing(text, text), model.clock), 40) == text
    assert model.singles >= 2, "the first token tells what a token costs, and the tie was evaluated again"


def test_a_model_that_verifies_slowly_is_left_alone() -> None:
    text = other(60)[:2] * 2000
    model = Reciter(text, text, verify=lambda _: 20.0)
    lookup = Lookup(model, Foreseeing(text, text), model.clock)
    assert say(model, lookup, len(text)) == text
    assert model.now < 1.06 * len(text), "trials cost a small share of the time"
    assert 0 < len(model.batches) < 40


def test_texts_that_are_never_right_are_left_alone_and_tried_again_when_they_are() -> None:
    pay = PayOff()
    for _ in range(20):
        pay.plain(1.0)
    assert pay.length(100) == SHORT
    for _ in range(3):
        pay.verified(SHORT, 0, 4.0)
    assert pay.length(100) == 0
    assert pay.least > LEAST_MATCH
    for _ in range(4096):
        pay.plain(1.0)
    assert pay.length(100) == SHORT
    pay.verified(SHORT, SHORT, 4.0)
    assert pay.length(100) == LONG, "a draft that was right to its end lets the next be longer"
    assert pay.least == LEAST_MATCH
    assert pay.gain == pytest.approx(4.0)


def test_a_model_that_was_too_slow_before_is_tried_once_and_later() -> None:
    pay = PayOff(0.5)
    for _ in range(63):
        pay.plain(1.0)
    assert pay.length(100) == 0
    pay.plain(1.0)
    assert pay.length(100) == SHORT
    pay.verified(SHORT, SHORT, 40.0)
    assert (pay.length(100), pay.gain) == (0, 0.4), "the gain is still known while it rests"
    quick = PayOff(2.0)
    quick.plain(1.0)
    assert quick.length(100) == SHORT


def test_no_draft_before_the_cost_of_a_token_is_known_nor_where_there_is_no_room() -> None:
    pay = PayOff()
    assert pay.length(100) == 0
    pay.plain(1.0)
    assert [pay.length(most) for most in (0, 7, 8, 20)] == [0, 0, 8, SHORT]


def test_the_context_and_the_ceiling_bound_a_draft() -> None:
    text = other(60)
    model = Reciter(text, text)
    model.n_ctx = 60 + 25
    assert say(model, Lookup(model, Foreseeing(text, text), model.clock), 25) == text[:25]
    assert all(size <= 25 for size in model.batches)


@pytest.mark.parametrize(
    ("weights", "vocabulary", "expected"),
    [(5_000_000_000, 152_064, LONG), (392_000_000, 151_936, 17), (6_000_000, 262_144, 0), (6_000_000, 4096, LONG)],
)
def test_the_logits_of_a_draft_take_a_small_share_of_the_memory(weights: int, vocabulary: int, expected: int) -> None:
    assert draft_limit(weights, vocabulary) == expected
