"""Least common multiple: the smallest number that two numbers divide."""

from math import gcd


def lcm(a: int, b: int) -> int:
    """Return the least common multiple of a and b."""
    if a < 1 or b < 1:
        raise ValueError("The numbers must be positive.")
    return a // gcd(a, b) * b


if __name__ == "__main__":
    for a, b in ((4, 6), (21, 14)):
        print(f"The least common multiple of {a} and {b} is {lcm(a, b)}")
