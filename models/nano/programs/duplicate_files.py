"""Duplicate files: find files with the same content by SHA-256."""

import hashlib
import sys
from pathlib import Path


def find_duplicates(folder: str) -> list[list[Path]]:
    """Return the groups of files in the folder that have the same content."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    groups: dict[str, list[Path]] = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            groups.setdefault(digest, []).append(path)
    return [paths for paths in groups.values() if len(paths) > 1]


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    try:
        groups = find_duplicates(folder)
    except OSError as error:
        sys.exit(f"Error: {error}")
    print(f"{len(groups)} groups of equal files in {folder}")
    for paths in groups:
        print(*paths)
