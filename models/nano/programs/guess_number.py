"""Guess the number that the computer thinks of, from 1 to 100."""

import random


def hint(secret: int, guess: int) -> str:
    """Return whether the guess is too low, too high or right."""
    if not 1 <= guess <= 100:
        raise ValueError("The guess must be from 1 to 100.")
    if guess < secret:
        return "Too low."
    if guess > secret:
        return "Too high."
    return "Right!"


def play() -> None:
    """Ask for guesses until the secret number is found."""
    secret = random.randint(1, 100)
    answer = ""
    while answer != "Right!":
        guess = input("Your guess: ")
        try:
            answer = hint(secret, int(guess))
        except ValueError:
            answer = "Enter a whole number from 1 to 100."
        print(answer)


if __name__ == "__main__":
    try:
        play()
    except EOFError:
        print("\nGoodbye.")
