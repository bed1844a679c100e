"""Second largest value of a list, equal values counted once."""


def second_largest(values: list[float]) -> float:
    """Return the largest value below the maximum."""
    ordered = sorted(set(values))
    if len(ordered) < 2:
        raise ValueError("The list must hold two different values.")
    return ordered[-2]


if __name__ == "__main__":
    for values in ([3.0, 1.0, 2.0], [5.0, 5.0, 4.0]):
        print(f"{values}: {second_largest(values)}")
