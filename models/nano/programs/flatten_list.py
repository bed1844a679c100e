"""Flatten nested lists into one list."""

from typing import Any


def flatten(values: list[Any]) -> list[Any]:
    """Return all values of a nested list in order, at any depth."""
    if not isinstance(values, list):
        raise TypeError("The values must be a list.")
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list):
            flat.extend(flatten(value))
        else:
            flat.append(value)
    return flat


if __name__ == "__main__":
    for values in ([1, [2, [3, 4]], 5], [[], [[]]]):
        print(f"{values}: {flatten(values)}")
