"""Power set: all subsets of the values of a list."""

from typing import Any


def power_set(values: list[Any]) -> list[list[Any]]:
    """Return every selection of the values, the empty one first."""
    found: list[list[Any]] = [[]]
    for value in values:
        found += [[*selection, value] for selection in found]
    return found


if __name__ == "__main__":
    for selection in power_set([1, 2, 3]):
        print(selection)
