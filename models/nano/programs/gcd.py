"""The greatest common divisor of two numbers, by Euclid's algorithm."""


def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor of a and b.

    The sign of the numbers does not matter.
    Raises ValueError if both numbers are 0.
    """
    if a == 0 and b == 0:
        raise ValueError("At least one of the two numbers must not be 0.")
    a, b = abs(a), abs(b)
    while b:
        a, b = b, a % b
    return a


if __name__ == "__main__":
    for a, b in ((48, 18), (17, 5), (0, 9)):
        print(f"The greatest common divisor of {a} and {b} is {gcd(a, b)}.")
