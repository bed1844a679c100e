"""Dice: roll any number of dice with any number of sides."""

import random


def roll_dice(count: int = 2, sides: int = 6) -> list[int]:
    """Return a random number from 1 to sides for each of the dice."""
    if count < 1:
        raise ValueError("count must be at least 1.")
    if sides < 2:
        raise ValueError("sides must be at least 2.")
    return [random.randint(1, sides) for _ in range(count)]


if __name__ == "__main__":
    for count in (1, 2, 5):
        values = roll_dice(count)
        print(f"{count} dice: {values}, sum {sum(values)}")
