"""Title case: begin each word of a text with a capital letter."""


def title_case(text: str) -> str:
    """Return text with each word capitalised.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    return " ".join(word.capitalize() for word in text.split())


if __name__ == "__main__":
    for text in ("the lord of the rings", "it's a NEW day"):
        print(f"{text}: {title_case(text)}")
