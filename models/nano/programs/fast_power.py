"""Exponentiation by squaring: powers with few multiplications."""


def fast_power(base: float, exponent: int) -> float:
    """Return base raised to a whole exponent."""
    if exponent < 0:
        raise ValueError("The exponent must not be negative.")
    result = 1
    while exponent > 0:
        if exponent % 2 == 1:
            result *= base
        base *= base
        exponent //= 2
    return result


if __name__ == "__main__":
    for base, exponent in ((2, 10), (3, 5), (7, 0)):
        print(f"{base} to the power of {exponent} is {fast_power(base, exponent)}")
