"""Perfect numbers: each is the sum of its smaller divisors."""


def is_perfect(n: int) -> bool:
    """Tell whether n is the sum of its divisors below n."""
    if n < 1:
        raise ValueError("n must be positive.")
    return n == sum(divisor for divisor in range(1, n // 2 + 1) if n % divisor == 0)


if __name__ == "__main__":
    for n in (6, 12, 28, 496):
        print(f"{n}: {is_perfect(n)}")
