"""Rates over a window, with a clock that the test holds."""

import pytest

from codey_tui.telemetry import RateMeter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_steady_stream() -> None:
    clock = Clock()
    meter = RateMeter(window=2.0, clock=clock)
    assert meter.rate == 0.0
    for count in range(0, 200, 2):
        meter.update(count)
        clock.now += 0.1
    assert meter.rate == pytest.approx(20, rel=0.06)


def test_it_falls_when_nothing_comes() -> None:
    clock = Clock()
    meter = RateMeter(window=2.0, clock=clock)
    for count in (0, 10, 20):
        meter.update(count)
        clock.now += 0.5
    before = meter.rate
    clock.now += 1.0
    assert 0 < meter.rate < before
    clock.now += 5.0
    assert meter.rate == 0.0


def test_it_follows_a_change_within_the_window() -> None:
    clock = Clock()
    meter = RateMeter(window=1.0, clock=clock)
    count = 0
    for rate in (10, 100):
        for _ in range(20):
            count += rate // 10
            clock.now += 0.1
            meter.update(count)
    assert meter.rate == pytest.approx(100)


def test_a_new_chunk_begins_anew() -> None:
    clock = Clock()
    meter = RateMeter(clock=clock)
    meter.update(500)
    clock.now += 1
    meter.update(0)
    clock.now += 1
    meter.update(7)
    assert meter.rate == 7.0
    meter.reset()
    assert meter.rate == 0.0


def test_memory_stays_bounded() -> None:
    clock = Clock()
    meter = RateMeter(window=1.0, clock=clock)
    for count in range(100_000):
        clock.now += 0.001
        meter.update(count)
    assert meter.rate == pytest.approx(1000, rel=0.01)
