"""Permutations: all orders of the values of a list."""

from typing import Any


def permutations(values: list[Any]) -> list[list[Any]]:
    """Return every order of the values, made by recursion."""
    if not values:
        return [[]]
    orders: list[list[Any]] = []
    for index, first in enumerate(values):
        others = values[:index] + values[index + 1 :]
        orders += [[first, *rest] for rest in permutations(others)]
    return orders


if __name__ == "__main__":
    for order in permutations([1, 2, 3]):
        print(order)
