"""Balanced brackets: check that every opened bracket is closed in the right order."""

PAIRS = {")": "(", "]": "[", "}": "{"}


def is_balanced(text: str) -> bool:
    """Return True if the brackets of text are balanced; other characters are ignored.

    Raises TypeError if text is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("The text must be a string.")
    opened: list[str] = []
    for char in text:
        if char in PAIRS.values():
            opened.append(char)
        elif char in PAIRS and (not opened or opened.pop() != PAIRS[char]):
            return False
    return not opened


if __name__ == "__main__":
    for text in ("([]{})", "([)]", "(a + b) * c", "(("):
        print(f"{text}: {is_balanced(text)}")
