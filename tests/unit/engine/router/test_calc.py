"""Arithmetic in requests: exact, bounded, and never mistaken for anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.router import calc


def result(text: str) -> str:
    body = calc.expression(text)
    assert body is not None, text
    return calc.answer(body)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2+2", "= 4"),
        ("what is 15% of 240?", "= 36"),
        ("15 percent of 240", "= 36"),
        ("20% off 80", "= 64"),
        ("200 + 10%", "= 220"),
        ("50%", None),
        ("10 % 3", "= 1"),
        ("17 mod 5", "= 2"),
        ("2^10", "= 1024"),
        ("what is 2 to the power of 10", "= 1024"),
        ("7 squared", "= 49"),
        ("square root of 144", "= 12"),
        ("cube root of 27", "= 3"),
        ("sqrt(2)", "≈ 1.41421356237"),
        ("5!", "= 120"),
        ("factorial of 5", "= 120"),
        ("0.1 + 0.2", "= 0.3"),
        ("1/3", "≈ 0.333333333333"),
        ("calculate 1,000 * 3", "= 3000"),
        ("12 times 12", "= 144"),
        ("100 divided by 8", "= 12.5"),
        ("3 x 4", "= 12"),
        ("(1 + 2) * -3", "= -9"),
        ("max(1, 2, 3) + 1", "= 4"),
        ("2 ** -1", "= 0.5"),
        ("(-8) ** 3", "= -512"),
    ],
)
def test_answers(text: str, value: str | None) -> None:
    if value is None:
        assert calc.expression(text) is None or "=" in result(text)
    else:
        assert result(text).endswith(value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("9**9**9", "more than 308 digits"),
        ("2**100000", "digits"),
        ("9999!", "digits"),
        ("1/0", "Division by zero"),
        ("5 % 0", "Division by zero"),
        ("0 ** -1", "Division by zero"),
        ("sqrt(-1)", "square root of a negative"),
        ("(-2) ** 0.5", "no real result"),
        ("sqrt(1, 2)", "needs 1 number"),
        ("max() + 1", "at least one"),
        ("factorial(1.5)", "whole number"),
        ("1e999 + 1", "too large"),
    ],
)
def test_what_has_no_answer_gets_a_sentence(text: str, part: str) -> None:
    assert part in result(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "hello",
        "2024-01-15",
        "what is pi?",
        "line 42",
        "1. git pull",
        "3.11",
        "what is 2+2 in python?",
        "a + b",
        "()",
        "1 +",
    ],
)
def test_what_is_not_arithmetic(text: str) -> None:
    assert calc.expression(text) is None


@given(st.text(alphabet="0123456789+-*/%()., epi^!x√", max_size=60))
def test_every_jumble_of_its_alphabet_is_answered_at_once(text: str) -> None:
    body = calc.expression(text)
    if body is not None:
        assert calc.answer(body)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_whole_numbers_are_exact(left: int, right: int) -> None:
    assert calc.answer(f"({left}) * ({right})").endswith(f"= {left * right}")


def test_a_floor_division_is_shown_as_one() -> None:
    assert result("10 // 3") == "10 // 3 = 3"
