"""Merge sort: sort both halves of the list and merge them."""


def merge_sort(values: list[float]) -> list[float]:
    """Return a new list with the values in ascending order."""
    if len(values) < 2:
        return list(values)
    middle = len(values) // 2
    left, right = merge_sort(values[:middle]), merge_sort(values[middle:])
    merged: list[float] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]


if __name__ == "__main__":
    values = [5.0, 2.0, 9.0, 1.0, 5.0, 6.0]
    print(f"Before: {values}")
    print(f"After:  {merge_sort(values)}")
