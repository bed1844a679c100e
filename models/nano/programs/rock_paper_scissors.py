"""Rock paper scissors against the computer."""

import random

BEATS = {"rock": "scissors", "paper": "rock", "scissors": "paper"}


def winner(first: str, second: str) -> str:
    """Return which choice wins: first, second or draw."""
    if first not in BEATS or second not in BEATS:
        raise ValueError("Choose rock, paper or scissors.")
    if first == second:
        return "draw"
    return "first" if BEATS[first] == second else "second"


def play() -> None:
    """Ask for a choice and say who wins."""
    choice = input("Rock, paper or scissors? ").strip().lower()
    computer = random.choice(list(BEATS))
    results = {"first": "You win.", "second": "You lose.", "draw": "It is a draw."}
    try:
        print(f"The computer chose {computer}. {results[winner(choice, computer)]}")
    except ValueError as error:
        print(error)


if __name__ == "__main__":
    try:
        play()
    except EOFError:
        print("\nGoodbye.")
