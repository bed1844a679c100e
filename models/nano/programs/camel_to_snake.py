"""Camel case to snake case: turn camelCase names into snake_case."""

import re


def camel_to_snake(name: str) -> str:
    """Return name in lower case with underscores between the words.

    Raises ValueError if name is empty.
    """
    if not name:
        raise ValueError("The name must not be empty.")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


if __name__ == "__main__":
    for name in ("camelCase", "UserName", "parseHTTPResponse"):
        print(f"{name}: {camel_to_snake(name)}")
