"""Digit sum: add up the digits of a number."""


def digit_sum(n: int) -> int:
    """Return the sum of the decimal digits of n."""
    if n < 0:
        raise ValueError("n must not be negative.")
    total = 0
    while n > 0:
        total += n % 10
        n //= 10
    return total


if __name__ == "__main__":
    for n in (0, 123, 99999):
        print(f"{n}: {digit_sum(n)}")
