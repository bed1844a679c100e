"""Punctuation removed: keep only letters, digits and spaces."""

import string


def remove_punctuation(text: str) -> str:
    """Return text without punctuation marks.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    return "".join(char for char in text if char not in string.punctuation)


if __name__ == "__main__":
    for text in ("Hello, World!", "Well... it's done (at last)."):
        print(f"{text}: {remove_punctuation(text)}")
