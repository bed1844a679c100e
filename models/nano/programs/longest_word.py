"""Longest word: find the longest word of a text."""

import re


def longest_word(text: str) -> str:
    """Return the longest word of text, the first one if several are equally long.

    Raises ValueError if text has no words.
    """
    words = re.findall(r"\w+(?:'\w+)*", text)
    if not words:
        raise ValueError("The text must not be empty.")
    return max(words, key=len)


if __name__ == "__main__":
    for text in ("The quick brown fox", "Practice makes perfect!"):
        print(f"{text}: {longest_word(text)}")
