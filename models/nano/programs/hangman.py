"""Hangman: guess a hidden word letter by letter."""

import random

WORDS = ["python", "keyboard", "window", "garden", "library"]


def masked(word: str, letters: set[str]) -> str:
    """Return the word with an underscore for each letter not yet guessed."""
    if not word:
        raise ValueError("The word must not be empty.")
    return "".join(letter if letter in letters else "_" for letter in word)


def play() -> None:
    """Ask for letters until the word is found or six guesses were wrong."""
    word = random.choice(WORDS)
    letters: set[str] = set()
    while len(letters - set(word)) < 6:
        print(masked(word, letters))
        if set(word) <= letters:
            print("You win.")
            return
        letters.add(input("Your letter: ").strip().lower()[:1])
    print(f"You lose. The word was {word}.")


if __name__ == "__main__":
    try:
        play()
    except EOFError:
        print("\nGoodbye.")
