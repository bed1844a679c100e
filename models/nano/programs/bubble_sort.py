"""Bubble sort: swap neighbours until the list is in order."""


def bubble_sort(values: list[float]) -> list[float]:
    """Return a new list with the values in ascending order.

    The list that was passed in is left as it is.
    """
    ordered = list(values)
    for end in range(len(ordered) - 1, 0, -1):
        swapped = False
        for index in range(end):
            if ordered[index] > ordered[index + 1]:
                ordered[index], ordered[index + 1] = ordered[index + 1], ordered[index]
                swapped = True
        if not swapped:
            break
    return ordered


if __name__ == "__main__":
    values = [5.0, 2.0, 9.0, 1.0, 5.0, 6.0]
    print(f"Before: {values}")
    print(f"After:  {bubble_sort(values)}")
