"""Linear search: look at one value after the other."""


def linear_search(values: list[int], target: int) -> int:
    """Return the first index of target in values, or -1 if it is not there."""
    for index, value in enumerate(values):
        if value == target:
            return index
    return -1


if __name__ == "__main__":
    values = [7, 3, 9, 1]
    for target in (9, 4):
        print(f"{target} is at index {linear_search(values, target)} in {values}")
