"""Pascal's triangle: each number is the sum of the two above it."""


def pascal_triangle(rows: int) -> list[list[int]]:
    """Return the first rows of Pascal's triangle."""
    if rows < 0:
        raise ValueError("The number of rows must not be negative.")
    triangle: list[list[int]] = []
    row = [1]
    for _ in range(rows):
        triangle.append(row)
        row = [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]
    return triangle


if __name__ == "__main__":
    for row in pascal_triangle(6):
        print(" ".join(str(number) for number in row).center(20).rstrip())
