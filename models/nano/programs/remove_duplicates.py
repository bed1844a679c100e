"""Remove duplicates from a list, keeping the order."""

from typing import Any


def remove_duplicates(values: list[Any]) -> list[Any]:
    """Return a new list with the first of each equal values."""
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return unique


if __name__ == "__main__":
    for values in ([3, 1, 3, 2, 1], ["a", "b", "a"]):
        print(f"{values}: {remove_duplicates(values)}")
