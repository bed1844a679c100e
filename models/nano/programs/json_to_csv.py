"""JSON to CSV: turn a list of objects into the rows of a table."""

import csv
import json
import sys
from pathlib import Path


def json_to_csv(source: str, target: str) -> int:
    """Write the objects of the JSON file source to the CSV file target; return their number."""
    rows = json.loads(Path(source).read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("The file must hold a list of objects.")
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} SOURCE TARGET", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{json_to_csv(sys.argv[1], sys.argv[2])} rows written.")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
