"""Armstrong numbers: each is the sum of its digits raised to their count."""


def is_armstrong(n: int) -> bool:
    """Tell whether n is an Armstrong number, such as 153 = 1 + 125 + 27."""
    if n < 0:
        raise ValueError("n must not be negative.")
    digits = str(n)
    return n == sum(int(digit) ** len(digits) for digit in digits)


if __name__ == "__main__":
    for n in (153, 154, 9474):
        print(f"{n}: {is_armstrong(n)}")
