"""CSV to JSON: turn the rows of a table into a list of objects."""

import csv
import json
import sys
from pathlib import Path


def csv_to_json(source: str, target: str) -> int:
    """Write the rows of the CSV file source to the JSON file target; return their number."""
    with open(source, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if reader.fieldnames is None:
        raise ValueError("The file must not be empty.")
    Path(target).write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} SOURCE TARGET", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{csv_to_json(sys.argv[1], sys.argv[2])} rows written.")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
