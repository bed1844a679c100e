"""Pretty JSON: format a JSON file with indentation."""

import json
import sys
from pathlib import Path


def format_json(path: str) -> str:
    """Return the JSON of the file with two spaces for each level."""
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    return json.dumps(data, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        print(format_json(sys.argv[1]))
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
