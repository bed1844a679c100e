"""Replace a text in a file by another."""

import sys
from pathlib import Path


def replace_in_file(path: str, old: str, new: str) -> int:
    """Replace old by new everywhere in the file and return how often."""
    if not old:
        raise ValueError("The text must not be empty.")
    content = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(content.replace(old, new), encoding="utf-8")
    return content.count(old)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(f"Usage: python {sys.argv[0]} FILE OLD NEW", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{replace_in_file(sys.argv[1], sys.argv[2], sys.argv[3])} places replaced.")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
