"""Reverse a string, or the order of the words in it."""


def reverse_string(text: str) -> str:
    """Return text with its characters in reverse order.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("text must be a string.")
    return text[::-1]


def reverse_words(text: str) -> str:
    """Return text with its words in reverse order."""
    return " ".join(reversed(text.split()))


if __name__ == "__main__":
    text = "Hello from Codey"
    print(f"Text:             {text}")
    print(f"Reversed:         {reverse_string(text)}")
    print(f"Words in reverse: {reverse_words(text)}")
