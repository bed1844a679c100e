"""Collatz sequence: halve even numbers, triple odd ones and add 1, down to 1."""


def collatz(n: int) -> list[int]:
    """Return the Collatz sequence from n to 1."""
    if n < 1:
        raise ValueError("n must be positive.")
    sequence = [n]
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        sequence.append(n)
    return sequence


if __name__ == "__main__":
    for n in (1, 6, 7):
        print(f"{n}: {collatz(n)}")
