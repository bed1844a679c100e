"""Pangrams: sentences that use every letter of the alphabet."""

import string


def is_pangram(text: str) -> bool:
    """Return True if text has all the letters from a to z, in either case.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    return set(string.ascii_lowercase) <= set(text.lower())


if __name__ == "__main__":
    for text in ("The quick brown fox jumps over the lazy dog.", "Hello, World!"):
        print(f"{text}: {is_pangram(text)}")
