"""Matrix multiplication: rows of the first times columns of the second."""

Matrix = list[list[float]]


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """Return the product of the matrices a and b."""
    if not a or not b or any(len(row) != len(b) for row in a):
        raise ValueError("The columns of a must match the rows of b.")
    if any(len(row) != len(b[0]) for row in b):
        raise ValueError("The rows must have the same length.")
    product = [[0.0] * len(b[0]) for _ in a]
    for i, row in enumerate(a):
        for j in range(len(b[0])):
            product[i][j] = sum(row[k] * b[k][j] for k in range(len(b)))
    return product


if __name__ == "__main__":
    for row in multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]]):
        print(row)
