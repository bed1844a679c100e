"""Password strength: tell whether a password is weak, medium or strong."""

import string

GROUPS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)


def password_strength(password: str) -> str:
    """Return weak, medium or strong, by length and kinds of characters.

    Raises ValueError if password is empty.
    """
    if not password:
        raise ValueError("The password must not be empty.")
    kinds = sum(any(char in group for char in password) for group in GROUPS)
    if len(password) >= 12 and kinds >= 3:
        return "strong"
    if len(password) >= 8 and kinds >= 2:
        return "medium"
    return "weak"


if __name__ == "__main__":
    for password in ("secret", "secret123", "Correct-Horse-42"):
        print(f"{password}: {password_strength(password)}")
