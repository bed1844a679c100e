"""Timer decorator: print how long a function takes."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any


def timer(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its running time printed after each call."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__} took {time.perf_counter() - start:.3f} seconds")

    return wrapper


@timer
def add_up(limit: int) -> int:
    """Return the sum of the numbers below the limit."""
    return sum(range(limit))


if __name__ == "__main__":
    print(f"Sum: {add_up(1_000_000)}")
