"""Retry decorator: call a function again when it fails."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any


def retry(times: int = 3, delay: float = 0.1) -> Callable[..., Any]:
    """Return a decorator that calls a function until it works, at most so many times."""
    if times < 1:
        raise ValueError("times must be at least 1.")

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            for _ in range(times - 1):
                try:
                    return function(*args, **kwargs)
                except Exception:
                    time.sleep(delay)
            return function(*args, **kwargs)

        return wrapper

    return decorator


if __name__ == "__main__":
    results = iter(["0", "0", "4"])

    @retry()
    def divide() -> float:
        return 12 / int(next(results))

    print(f"Result: {divide()}")
