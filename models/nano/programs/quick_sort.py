"""Quick sort: split the list around a pivot and sort both parts."""


def quick_sort(values: list[float]) -> list[float]:
    """Return a new list with the values in ascending order."""
    if len(values) < 2:
        return list(values)
    pivot = values[len(values) // 2]
    smaller = [value for value in values if value < pivot]
    equal = [value for value in values if value == pivot]
    larger = [value for value in values if value > pivot]
    return quick_sort(smaller) + equal + quick_sort(larger)


if __name__ == "__main__":
    values = [5.0, 2.0, 9.0, 1.0, 5.0, 6.0]
    print(f"Before: {values}")
    print(f"After:  {quick_sort(values)}")
