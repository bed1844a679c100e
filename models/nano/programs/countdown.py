"""Countdown timer that counts the seconds to zero."""

import time
from collections.abc import Callable


def countdown(seconds: int, sleep: Callable[[float], None] = time.sleep) -> None:
    """Print the seconds that are left, one each second, and then that time is up."""
    if seconds < 0:
        raise ValueError("seconds must not be negative.")
    for left in range(seconds, 0, -1):
        print(left, flush=True)
        sleep(1)
    print("Time is up!")


if __name__ == "__main__":
    countdown(3)
