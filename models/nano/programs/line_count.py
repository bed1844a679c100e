"""Line count: say how many lines a text file has."""

import sys


def count_lines(path: str) -> int:
    """Return the number of lines in the file."""
    with open(path, encoding="utf-8") as file:
        return sum(1 for _ in file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{sys.argv[1]} has {count_lines(sys.argv[1])} lines.")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
