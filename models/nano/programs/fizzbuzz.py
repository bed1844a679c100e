"""FizzBuzz: count, but say Fizz for multiples of 3 and Buzz for multiples of 5."""


def fizzbuzz(number: int) -> str:
    """Return "Fizz", "Buzz", "FizzBuzz" or the number itself as text."""
    if number % 15 == 0:
        return "FizzBuzz"
    if number % 3 == 0:
        return "Fizz"
    if number % 5 == 0:
        return "Buzz"
    return str(number)


def fizzbuzz_up_to(limit: int) -> list[str]:
    """Return the answers for 1 to limit.

    Raises ValueError if limit is negative.
    """
    if limit < 0:
        raise ValueError("The limit must not be negative.")
    return [fizzbuzz(number) for number in range(1, limit + 1)]


if __name__ == "__main__":
    limit = 100
    for line in fizzbuzz_up_to(limit):
        print(line)
