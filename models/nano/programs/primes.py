"""Prime numbers: test one number, or list all of them up to a limit."""


def is_prime(number: int) -> bool:
    """Return True if number is prime; 0, 1 and negative numbers are not."""
    if number < 2:
        return False
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True


def primes(limit: int) -> list[int]:
    """Return all prime numbers up to and including limit.

    Raises ValueError if limit is negative.
    """
    if limit < 0:
        raise ValueError("The limit must not be negative.")
    return [number for number in range(2, limit + 1) if is_prime(number)]


if __name__ == "__main__":
    limit = 50
    print(f"The prime numbers up to {limit}:")
    print(", ".join(str(number) for number in primes(limit)))
