"""Readings of memory by which the end of a model's process is explained."""

import os

from codey_tui.inference.memory import oom_kills, rss_of, was_short


def test_a_process_has_memory_and_one_that_is_gone_has_none() -> None:
    assert rss_of(os.getpid()) > 1_000_000
    assert rss_of(2**30) == 0


def test_memory_was_short_when_all_that_is_free_was_just_given_back() -> None:
    assert was_short(2**60)
    assert not was_short(-(2**60))


def test_the_count_of_kills_never_falls() -> None:
    first = oom_kills()
    assert 0 <= first <= oom_kills()
