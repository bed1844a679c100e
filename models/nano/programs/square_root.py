"""Square root by Newton's method: improve a guess until it fits."""


def square_root(number: float) -> float:
    """Return the square root of number."""
    if number < 0:
        raise ValueError("The number must not be negative.")
    if number == 0:
        return 0.0
    guess = max(number, 1.0)
    better = (guess + number / guess) / 2
    while better < guess:
        guess = better
        better = (guess + number / guess) / 2
    return guess


if __name__ == "__main__":
    for number in (0, 2, 9):
        print(f"The square root of {number} is {square_root(number):.6f}")
