"""Prime factors: split a number into the primes that divide it."""


def prime_factors(n: int) -> list[int]:
    """Return the prime factors of n in ascending order, repeated ones included."""
    if n < 1:
        raise ValueError("n must be positive.")
    factors: list[int] = []
    divisor = 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            factors.append(divisor)
            n //= divisor
        divisor += 1
    if n > 1:
        factors.append(n)
    return factors


if __name__ == "__main__":
    for n in (60, 97, 1001):
        print(f"{n}: {prime_factors(n)}")
