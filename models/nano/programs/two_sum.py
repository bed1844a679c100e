"""Two sum: find two values of a list that add up to a target."""


def two_sum(values: list[int], target: int) -> tuple[int, int]:
    """Return the indexes of two values whose sum is target."""
    seen: dict[int, int] = {}
    for index, value in enumerate(values):
        if target - value in seen:
            return seen[target - value], index
        seen[value] = index
    raise ValueError("No two values add up to the target.")


if __name__ == "__main__":
    values = [2, 7, 11, 15]
    for target in (9, 26):
        print(f"{values} and {target}: {two_sum(values, target)}")
