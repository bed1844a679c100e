"""Binary search: find a value in a sorted list by halving the range."""


def binary_search(values: list[int], target: int) -> int:
    """Return the index of target in values, or -1 if it is not there.

    Raises ValueError if values is not sorted in ascending order.
    """
    if values != sorted(values):
        raise ValueError("The list must be sorted in ascending order.")
    low, high = 0, len(values) - 1
    while low <= high:
        middle = (low + high) // 2
        if values[middle] == target:
            return middle
        if values[middle] < target:
            low = middle + 1
        else:
            high = middle - 1
    return -1


if __name__ == "__main__":
    values = [1, 3, 5, 7, 9, 11]
    for target in (7, 4):
        print(f"{target} is at index {binary_search(values, target)} in {values}")
