"""Coin flip: heads or tails by chance."""

import random


def flip_coin(count: int = 1) -> list[str]:
    """Return heads or tails for each of count throws."""
    if count < 1:
        raise ValueError("count must be at least 1.")
    return [random.choice(["heads", "tails"]) for _ in range(count)]


if __name__ == "__main__":
    print(f"One throw: {flip_coin()[0]}")
    values = flip_coin(100)
    print(f"100 throws: {values.count('heads')} heads, {values.count('tails')} tails")
