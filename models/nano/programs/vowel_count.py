"""Vowels: count a, e, i, o and u in a text."""


def count_vowels(text: str) -> int:
    """Return how many vowels text has, in either case.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    return sum(char in "aeiou" for char in text.lower())


if __name__ == "__main__":
    for text in ("Hello, World!", "AEIOU", "rhythm"):
        print(f"{text}: {count_vowels(text)}")
