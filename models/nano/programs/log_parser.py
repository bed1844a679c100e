"""Log parser: count the levels in a log file."""

import sys
from collections import Counter

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def count_levels(path: str) -> Counter[str]:
    """Return how many lines of the file have each level."""
    counts: Counter[str] = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            for level in LEVELS:
                if level in line:
                    counts[level] += 1
                    break
    return counts


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        for level, count in count_levels(sys.argv[1]).items():
            print(f"{level}: {count}")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
