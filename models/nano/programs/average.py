"""Average of numbers: their sum divided by their count."""


def average(values: list[float]) -> float:
    """Return the arithmetic mean of the values."""
    if not values:
        raise ValueError("The list must not be empty.")
    return sum(values) / len(values)


if __name__ == "__main__":
    for values in ([1.0, 2.0, 3.0, 4.0], [7.5]):
        print(f"{values}: {average(values)}")
