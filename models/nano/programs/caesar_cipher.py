"""Caesar cipher: shift each letter along the alphabet."""


def encrypt(text: str, shift: int) -> str:
    """Return text with each letter moved by shift; other characters stay.

    Raises TypeError if shift is not a whole number.
    """
    if not isinstance(shift, int):
        raise TypeError("The shift must be a whole number.")
    result = ""
    for char in text:
        if char.isascii() and char.isalpha():
            start = ord("A") if char.isupper() else ord("a")
            char = chr((ord(char) - start + shift) % 26 + start)
        result += char
    return result


def decrypt(text: str, shift: int) -> str:
    """Return the plain text again."""
    return encrypt(text, -shift)


if __name__ == "__main__":
    secret = encrypt("Hello, World!", 3)
    print(secret)
    print(decrypt(secret, 3))
