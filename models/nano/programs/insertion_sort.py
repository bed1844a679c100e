"""Insertion sort: move each value back to its place among those before it."""


def insertion_sort(values: list[float]) -> list[float]:
    """Return a new list with the values in ascending order."""
    ordered = list(values)
    for index in range(1, len(ordered)):
        value = ordered[index]
        while index > 0 and ordered[index - 1] > value:
            ordered[index] = ordered[index - 1]
            index -= 1
        ordered[index] = value
    return ordered


if __name__ == "__main__":
    values = [5.0, 2.0, 9.0, 1.0, 5.0, 6.0]
    print(f"Before: {values}")
    print(f"After:  {insertion_sort(values)}")
