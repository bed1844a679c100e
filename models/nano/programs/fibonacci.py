"""Fibonacci numbers: each number is the sum of the two before it."""


def fibonacci(n: int) -> list[int]:
    """Return the first n Fibonacci numbers as a list.

    fibonacci(5) is [0, 1, 1, 2, 3] and fibonacci(0) is an empty list.
    Raises TypeError if n is not a whole number, ValueError if n is negative.
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError("n must be a whole number.")
    if n < 0:
        raise ValueError("n must not be negative.")
    numbers: list[int] = []
    current, following = 0, 1
    for _ in range(n):
        numbers.append(current)
        current, following = following, current + following
    return numbers


if __name__ == "__main__":
    count = 10
    print(f"The first {count} Fibonacci numbers:")
    print(", ".join(str(number) for number in fibonacci(count)))
