"""Hash of a file: its SHA-256 checksum."""

import hashlib
import sys


def file_hash(path: str) -> str:
    """Return the SHA-256 of the file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{file_hash(sys.argv[1])}  {sys.argv[1]}")
    except OSError as error:
        sys.exit(f"Error: {error}")
