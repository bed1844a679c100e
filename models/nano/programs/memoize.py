"""Memoize: a decorator that remembers the results of a function."""

from collections.abc import Callable
from functools import wraps
from typing import Any


def memoize(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a cache, so that equal arguments are computed once."""
    cache: dict[tuple[Any, ...], Any] = {}

    @wraps(function)
    def wrapper(*args: Any) -> Any:
        if args not in cache:
            cache[args] = function(*args)
        return cache[args]

    return wrapper


@memoize
def square(value: int) -> int:
    """Return the square of the value and say that it is computed."""
    print(f"Computing the square of {value}")
    return value * value


if __name__ == "__main__":
    for value in (4, 5, 4):
        print(f"{value} squared is {square(value)}")
