"""Mode: the value that occurs most often in a list."""

from collections import Counter


def mode(values: list[int]) -> int:
    """Return the most frequent value, the first one of equals."""
    if not values:
        raise ValueError("The list must not be empty.")
    return Counter(values).most_common(1)[0][0]


if __name__ == "__main__":
    for values in ([1, 2, 2, 3], [7]):
        print(f"{values}: {mode(values)}")
