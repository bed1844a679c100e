"""Character frequency: how often each character occurs in a text."""

from collections import Counter


def character_frequency(text: str) -> dict[str, int]:
    """Return the count of each character, the most frequent first; spaces are ignored.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    return dict(Counter("".join(text.split())).most_common())


if __name__ == "__main__":
    for char, count in character_frequency("hello world").items():
        print(f"{char}: {count}")
