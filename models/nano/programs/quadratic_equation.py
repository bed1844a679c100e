"""Quadratic equation: the real roots of ax² + bx + c = 0."""

from math import sqrt


def solve_quadratic(a: float, b: float, c: float) -> list[float]:
    """Return the real roots in ascending order: none, one or two."""
    if a == 0:
        raise ValueError("a must not be zero.")
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    root = sqrt(discriminant)
    return sorted({(-b - root) / (2 * a), (-b + root) / (2 * a)})


if __name__ == "__main__":
    for a, b, c in ((1, -3, 2), (1, 2, 1), (1, 0, 1)):
        print(f"a = {a}, b = {b}, c = {c}: {solve_quadratic(a, b, c)}")
