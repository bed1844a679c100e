"""Standard deviation: how far values lie from their mean."""

from math import sqrt


def standard_deviation(values: list[float]) -> float:
    """Return the population standard deviation of the values."""
    if not values:
        raise ValueError("The list must not be empty.")
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values))


if __name__ == "__main__":
    for values in ([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], [3.0]):
        print(f"{values}: {standard_deviation(values)}")
