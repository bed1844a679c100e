"""Sum of even numbers: add up the even numbers of a list."""


def sum_even(values: list[int]) -> int:
    """Return the sum of the even numbers, 0 if there are none."""
    return sum(value for value in values if value % 2 == 0)


if __name__ == "__main__":
    for values in ([1, 2, 3, 4], [1, 3], [10, -4]):
        print(f"{values}: {sum_even(values)}")
