"""Truncate a text: shorten it to a length and end it with three dots."""


def truncate_text(text: str, length: int) -> str:
    """Return text, cut to at most length characters with the dots.

    Raises ValueError if length is less than 3.
    """
    if length < 3:
        raise ValueError("The length must be at least 3.")
    if len(text) <= length:
        return text
    return text[: length - 3].rstrip() + "..."


if __name__ == "__main__":
    for length in (10, 20, 40):
        print(f"{length}: {truncate_text('The quick brown fox jumps', length)}")
