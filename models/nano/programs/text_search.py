"""Search a file for a text and print the lines that contain it."""

import sys


def find_lines(path: str, text: str) -> list[tuple[int, str]]:
    """Return the number and the text of each line that contains the text."""
    if not text:
        raise ValueError("The text must not be empty.")
    with open(path, encoding="utf-8") as file:
        return [(number, line.rstrip()) for number, line in enumerate(file, 1) if text in line]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} FILE TEXT", file=sys.stderr)
        sys.exit(2)
    try:
        for number, line in find_lines(sys.argv[1], sys.argv[2]):
            print(f"{number}: {line}")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
