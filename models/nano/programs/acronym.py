"""Acronyms: the first letters of the words of a phrase."""

import re


def make_acronym(text: str) -> str:
    """Return the first letter of each word in upper case.

    Raises ValueError if text has no words.
    """
    words = re.findall(r"\w+(?:'\w+)*", text)
    if not words:
        raise ValueError("The text must not be empty.")
    return "".join(word[0].upper() for word in words)


if __name__ == "__main__":
    for text in ("as soon as possible", "Portable Network Graphics"):
        print(f"{text}: {make_acronym(text)}")
