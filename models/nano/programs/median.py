"""Median: the value in the middle of the sorted list."""


def median(values: list[float]) -> float:
    """Return the middle value, or the mean of the two middle values."""
    if not values:
        raise ValueError("The list must not be empty.")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


if __name__ == "__main__":
    for values in ([5.0, 1.0, 3.0], [4.0, 1.0, 3.0, 2.0]):
        print(f"{values}: {median(values)}")
