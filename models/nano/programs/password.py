"""Generate random passwords that are hard to guess."""

import secrets
import string

GROUPS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#$%&*+-=?@_")


def generate_password(length: int = 16) -> str:
    """Return a random password with at least one character of each group.

    Raises ValueError if length is less than the number of groups.
    """
    if length < len(GROUPS):
        raise ValueError(f"The length must be at least {len(GROUPS)}.")
    chars = [secrets.choice(group) for group in GROUPS]
    chars += [secrets.choice("".join(GROUPS)) for _ in range(length - len(GROUPS))]
    secrets.SystemRandom().shuffle(chars)
    return "".join(chars)


if __name__ == "__main__":
    for _ in range(3):
        print(generate_password())
