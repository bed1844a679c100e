"""Sums in words, and random sums against Python's own arithmetic."""

import operator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.router import calc


def _answer(text: str) -> str:
    body = calc.expression(text)
    assert body is not None, text
    return calc.answer(body)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("what is 15% of 80", "12"),
        ("what is the sum of 1, 2, 3 and 4", "10"),
        ("average of 3, 4, 5 and 6", "4.5"),
        ("the product of 2, 3, and 4", "24"),
        ("max of 3, -1, 9 and 2", "9"),
        ("what is 2 power 8", "256"),
        ("square root of sixteen", "4"),
        ("2 to the power of 10", "1024"),
        ("2 to the 10th power", "1024"),
        ("5 raised to 3", "125"),
        ("half of 30", "15"),
        ("a third of 27", "9"),
        ("two thirds of 90", "60"),
        ("3/4 of 200", "150"),
        ("three plus four", "7"),
        ("twenty-five times four", "100"),
        ("one hundred and five plus two", "107"),
        ("two million minus one", "1999999"),
        ("seven squared", "49"),
        ("6 factorial", "720"),
        ("double 36", "72"),
        ("the sum of 14 and 28", "42"),
        ("sum of 1, 2, and 3", "6"),
        ("difference between 3 and 10", "7"),
        ("average of 4 and 8", "6"),
        ("subtract 5 from 20", "15"),
        ("multiply 6 by 7", "42"),
        ("remainder of 29 divided by 6", "5"),
        ("20 is what percent of 80", "25"),
        ("what percentage of 80 is 20", "25"),
        ("increase 50 by 10%", "55"),
        ("12 times 4 equals", "48"),
        ("max of 3 and 9", "9"),
    ],
)
def test_sums_in_words(text: str, result: str) -> None:
    assert _answer(text).endswith(f" {result}")


@pytest.mark.parametrize(
    "text", ["add two numbers", "one two three", "nine", "10 and 5", "half of the files", "double the speed", "add 5"]
)
def test_words_that_are_no_sum(text: str) -> None:
    assert calc.expression(text) is None


@pytest.mark.parametrize("text", ["9**9**9", "nine**nine**nine", "9^9^9^9", "170!!", "2 to the power of 99999999"])
def test_what_is_too_large_is_said_at_once(text: str) -> None:
    body = calc.expression(text)
    assert body is None or not calc.answer(body).rstrip(".").endswith("0")


@given(
    st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 10**6)), min_size=1, max_size=6), st.integers(0, 10**6)
)
def test_sums_are_those_of_exact_fractions(steps: list[tuple[str, int]], first: int) -> None:
    value, text = Fraction(first), str(first)
    functions = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    for sign, number in steps:
        value = functions[sign](value, number)
        text = f"({text}) {sign} {number}"
    shown = _answer(text).rsplit(" ", 1)[1]
    assert float(Fraction(shown)) == pytest.approx(float(value), rel=1e-11, abs=1e-30)


@given(st.integers(0, 999_999))
def test_number_words_are_read_as_they_are_said(number: int) -> None:
    assert _answer(f"{_said(number)} plus 0").endswith(f"= {number}")


def _said(number: int) -> str:
    small = ["zero", *"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
             "seventeen eighteen nineteen".split()]  # fmt: skip
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")
    unit, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    return f"{_said(number // unit)} {name}" + (f" {_said(number % unit)}" if number % unit else "")
