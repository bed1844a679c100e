"""Factorials: n! is the product of all whole numbers from 1 to n."""


def factorial(n: int) -> int:
    """Return n!, where factorial(0) is 1.

    Raises TypeError if n is not a whole number, ValueError if n is negative.
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError("n must be a whole number.")
    if n < 0:
        raise ValueError("n must not be negative.")
    result = 1
    for factor in range(2, n + 1):
        result *= factor
    return result


if __name__ == "__main__":
    count = 10
    for n in range(count + 1):
        print(f"{n}! = {factorial(n)}")
