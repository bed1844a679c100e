"""The number of threads follows what other programs leave: times as they were measured on two cores, and on more."""

import random

import pytest

from codey_tui.inference.crowding import Crowding

# Seconds a token by other busy programs and threads: a 0.5B model on two cores.
MEASURED = {0: {2: 1 / 50, 1: 1 / 37}, 1: {2: 1 / 18, 1: 1 / 30}, 2: {2: 1 / 9, 1: 1 / 28}}


def run(crowding: Crowding, tokens: int, busy: int, seed: int = 0) -> tuple[float, int]:
    """Seconds for so many tokens, and for how many of them there were two threads."""
    noise = random.Random(seed)
    spent, both = 0.0, 0
    for _ in range(tokens):
        seconds = MEASURED[busy][crowding.threads] * noise.uniform(0.9, 1.15) * (4 if noise.random() < 0.03 else 1)
        both += crowding.threads == 2
        spent += seconds
        crowding.note(seconds)
    return spent, both


@pytest.mark.parametrize("seed", range(5))
def test_threads_go_when_the_machine_gets_busy_and_come_back_when_it_is_idle(seed: int) -> None:
    crowding = Crowding(2)
    _, both = run(crowding, 300, 0, seed)
    assert both > 280, "an idle machine keeps its threads, but for one trial"
    for busy in (1, 2):
        spent, both = run(crowding, 600, busy, seed)
        assert both < 120
        assert spent < 0.75 * 600 * MEASURED[busy][2]
        assert crowding.threads == 1
        run(crowding, 700, 0, seed)
        assert crowding.threads == 2


def test_a_machine_that_is_busy_from_the_start_is_noticed() -> None:
    crowding = Crowding(2)
    run(crowding, 60, 2)
    assert crowding.threads == 1


def test_what_fewer_threads_do_not_mend_changes_nothing() -> None:
    """As when a machine is throttled by heat: everything takes twice the time."""
    crowding = Crowding(4)
    for factor in (1, 2, 1, 3):
        for _ in range(200):
            crowding.note(factor / crowding.threads)
        assert crowding.threads == 4


def test_a_text_that_grows_begins_no_trial() -> None:
    crowding = Crowding(2)
    fewer = 0
    for place in range(4000):
        crowding.note((1 + place / 1000) / crowding.threads)
        fewer += crowding.threads < 2
    assert fewer <= 5


def test_with_many_cores_as_many_threads_go_as_must() -> None:
    """Eight cores, of which others take three: more threads than five wait for each other."""
    crowding = Crowding(8)
    for busy in (0, 3, 0):
        for _ in range(4000):
            late = 3 if crowding.threads > 8 - busy else 1
            crowding.note(late / crowding.threads)
        assert crowding.threads == 8 - busy


def test_one_thread_stays_one() -> None:
    crowding = Crowding(1)
    for seconds in (1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9):
        crowding.note(seconds)
    assert crowding.threads == 1
