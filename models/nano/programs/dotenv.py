"""Dotenv: read the settings of a .env file into a dictionary."""

import sys


def read_env(path: str = ".env") -> dict[str, str]:
    """Return the values by name; empty lines and comments are left out."""
    values: dict[str, str] = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            name, equals, value = line.removeprefix("export ").partition("=")
            if not equals or not name.strip():
                raise ValueError("A line must look like NAME=value.")
            values[name.strip()] = value.strip().strip("'\"")
    return values


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        for name, value in read_env(sys.argv[1]).items():
            print(f"{name}={value}")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
