"""The choice of the next token."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.inference.sampling import NotNumbers, Sampler, margin


def sampler(temperature: float = 0.0, top_k: int = 40, top_p: float = 0.95, seed: int = 0) -> Sampler:
    return Sampler(temperature=temperature, top_k=top_k, top_p=top_p, seed=seed)


def test_greedy_takes_the_best_and_knows_its_probability() -> None:
    logits = np.log(np.array([0.1, 0.6, 0.3], np.float32))
    token, logprob = sampler().choose(logits)
    assert token == 1
    assert math.isclose(logprob, math.log(0.6), rel_tol=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(NotNumbers):
        sampler().choose(np.array([0.0, bad, 1.0], np.float32))


def test_frequencies_follow_the_probabilities() -> None:
    logits = np.log(np.array([0.2, 0.5, 0.3], np.float32))
    one = sampler(temperature=1.0, top_k=0, top_p=1.0)
    counts = Counter(one.choose(logits)[0] for _ in range(4000))
    for token, share in enumerate((0.2, 0.5, 0.3)):
        assert abs(counts[token] / 4000 - share) < 0.04


def test_top_k_and_top_p_narrow_the_choice() -> None:
    logits = np.log(np.array([0.05, 0.4, 0.25, 0.3], np.float32))
    by_k = sampler(temperature=2.0, top_k=2, top_p=1.0)
    assert {by_k.choose(logits)[0] for _ in range(300)} == {1, 3}
    by_p = sampler(temperature=2.0, top_k=0, top_p=0.65)
    assert {by_p.choose(logits)[0] for _ in range(300)} == {1, 3}


def test_the_seed_repeats_the_choices() -> None:
    logits = np.linspace(0, 3, 500, dtype=np.float32)
    runs = [[s.choose(logits)[0] for _ in range(20)] for s in (sampler(1.0, seed=3), sampler(1.0, seed=3))]
    assert runs[0] == runs[1]


@given(
    st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=60),
    st.floats(0, 3),
    st.integers(0, 70),
    st.floats(0.01, 1),
)
def test_any_setting_chooses_a_token_that_exists(
    values: list[float], temperature: float, top_k: int, top_p: float
) -> None:
    token, logprob = sampler(temperature, top_k, top_p).choose(np.array(values, np.float32))
    assert 0 <= token < len(values)
    assert logprob <= 1e-4


def test_the_margin_is_between_the_two_largest_and_leaves_the_logits_as_they_are() -> None:
    logits = np.array([1.0, 4.0, 3.5, -2.0], np.float32)
    assert margin(logits) == 0.5
    assert logits.tolist() == [1.0, 4.0, 3.5, -2.0]
    assert margin(np.array([2.0, 2.0], np.float32)) == 0
