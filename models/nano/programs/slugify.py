"""Slugs: turn a title into a short name for a web address."""

import re
import unicodedata


def slugify(text: str) -> str:
    """Return text in lower case with hyphens between the words.

    Raises ValueError if nothing is left of text.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
    if not slug:
        raise ValueError("The text must not be empty.")
    return slug


if __name__ == "__main__":
    for text in ("Hello, World!", "Ten Tips for 2026"):
        print(f"{text}: {slugify(text)}")
