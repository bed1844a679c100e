"""Rotate a list: move its values to the right, the last ones to the front."""

from typing import Any


def rotate(values: list[Any], steps: int) -> list[Any]:
    """Return a new list rotated by steps to the right, or left if steps is negative."""
    if not values:
        return []
    steps %= len(values)
    return values[len(values) - steps :] + values[: len(values) - steps]


if __name__ == "__main__":
    values = [1, 2, 3, 4, 5]
    for steps in (1, 7, -1):
        print(f"{values} rotated by {steps}: {rotate(values, steps)}")
