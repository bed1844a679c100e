"""Organize a folder: move its files into folders named after their extensions."""

import sys
from pathlib import Path


def organize_files(folder: str) -> int:
    """Move each file into a folder such as txt where the name is free; return how many."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    count = 0
    for path in sorted(Path(folder).iterdir()):
        if path.is_file() and path.suffix:
            target = path.parent / path.suffix[1:].lower() / path.name
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                path.rename(target)
                count += 1
    return count


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FOLDER", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{organize_files(sys.argv[1])} files moved.")
    except OSError as error:
        sys.exit(f"Error: {error}")
