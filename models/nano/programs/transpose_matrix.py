"""Transpose a matrix: turn its rows into columns."""

Matrix = list[list[float]]


def transpose(matrix: Matrix) -> Matrix:
    """Return the matrix with rows and columns exchanged."""
    if any(len(row) != len(matrix[0]) for row in matrix):
        raise ValueError("The rows must have the same length.")
    return [list(column) for column in zip(*matrix, strict=True)]


if __name__ == "__main__":
    for row in transpose([[1, 2, 3], [4, 5, 6]]):
        print(row)
