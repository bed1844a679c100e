"""Rename all files of a folder from one extension to another."""

import sys
from pathlib import Path


def rename_files(folder: str, old: str, new: str) -> int:
    """Change the extension old to new where the name is free; return how many were renamed."""
    if not old.startswith(".") or not new.startswith("."):
        raise ValueError("An extension must begin with a dot.")
    count = 0
    for path in sorted(Path(folder).iterdir()):
        target = path.with_suffix(new)
        if path.is_file() and path.suffix == old and not target.exists():
            path.rename(target)
            count += 1
    return count


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(f"Usage: python {sys.argv[0]} FOLDER OLD NEW", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{rename_files(sys.argv[1], sys.argv[2], sys.argv[3])} files renamed.")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
