"""Even or odd: tell whether a number can be halved."""


def is_even(n: int) -> bool:
    """Tell whether n is even; otherwise it is odd."""
    if not isinstance(n, int):
        raise TypeError("n must be a whole number.")
    return n % 2 == 0


if __name__ == "__main__":
    for n in (0, 7, -4):
        print(f"{n} is {'even' if is_even(n) else 'odd'}")
