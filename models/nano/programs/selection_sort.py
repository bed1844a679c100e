"""Selection sort: swap the smallest value of the rest to the front."""


def selection_sort(values: list[float]) -> list[float]:
    """Return a new list with the values in ascending order."""
    ordered = list(values)
    for start in range(len(ordered)):
        smallest = start
        for index in range(start + 1, len(ordered)):
            if ordered[index] < ordered[smallest]:
                smallest = index
        ordered[start], ordered[smallest] = ordered[smallest], ordered[start]
    return ordered


if __name__ == "__main__":
    values = [5.0, 2.0, 9.0, 1.0, 5.0, 6.0]
    print(f"Before: {values}")
    print(f"After:  {selection_sort(values)}")
