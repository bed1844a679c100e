"""Anagrams: two texts made of the same letters."""


def are_anagrams(first: str, second: str) -> bool:
    """Return True if the texts are anagrams; case and spaces are ignored.

    Raises ValueError if a text has no letters.
    """
    return sorted_letters(first) == sorted_letters(second)


def sorted_letters(text: str) -> list[str]:
    """Return the letters of text in alphabetical order."""
    letters = sorted(char for char in text.lower() if char.isalpha())
    if not letters:
        raise ValueError("The text must not be empty.")
    return letters


if __name__ == "__main__":
    for first, second in (("listen", "silent"), ("Dormitory", "dirty room"), ("cat", "dog")):
        print(f"{first}, {second}: {are_anagrams(first, second)}")
