"""Multiplication table: the multiples of a number, line by line."""


def multiplication_table(n: int, limit: int = 10) -> list[str]:
    """Return the lines "1 x n = n" up to limit."""
    if limit < 1:
        raise ValueError("The limit must be positive.")
    return [f"{factor} x {n} = {factor * n}" for factor in range(1, limit + 1)]


if __name__ == "__main__":
    for line in multiplication_table(7):
        print(line)
