"""Smallest and largest value of a list, found in one pass."""


def min_max(values: list[float]) -> tuple[float, float]:
    """Return the smallest and the largest value."""
    if not values:
        raise ValueError("The list must not be empty.")
    smallest = largest = values[0]
    for value in values:
        if value < smallest:
            smallest = value
        elif value > largest:
            largest = value
    return smallest, largest


if __name__ == "__main__":
    for values in ([3.0, 1.0, 2.0], [7.0]):
        print(f"{values}: {min_max(values)}")
