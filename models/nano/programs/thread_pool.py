"""Thread pool: call a function for many values in threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def map_in_threads(function: Callable[[Any], Any], values: Iterable[Any], workers: int = 4) -> list:
    """Return the results of the function for the values, in their order."""
    if workers < 1:
        raise ValueError("workers must be at least 1.")
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(function, values))


if __name__ == "__main__":
    words = ["one", "three", "seven"]
    print(f"The lengths of {words} are {map_in_threads(len, words)}")
