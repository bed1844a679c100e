"""Sum of a column: add up the numbers in one column of a CSV file."""

import csv
import sys


def sum_column(path: str, column: str) -> float:
    """Return the sum of the numbers in the column; empty fields are left out."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if column not in (reader.fieldnames or []):
            raise LookupError(f"There is no column {column}.")
        try:
            return sum(float(row[column]) for row in reader if row[column])
        except ValueError as error:
            raise ValueError("The column must hold numbers.") from error


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} FILE COLUMN", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"The sum of {sys.argv[2]} is {sum_column(sys.argv[1], sys.argv[2]):g}.")
    except (OSError, LookupError, ValueError) as error:
        sys.exit(f"Error: {error}")
