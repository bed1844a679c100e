"""Large files: find the files of a folder above a size."""

import sys
from pathlib import Path


def large_files(folder: str, size: int = 1_000_000) -> list[Path]:
    """Return the files with more than size bytes, the largest first."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    if size < 0:
        raise ValueError("size must not be negative.")
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    found = [path for path in files if path.stat().st_size > size]
    return sorted(found, key=lambda path: path.stat().st_size, reverse=True)


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    try:
        files = large_files(folder)
    except OSError as error:
        sys.exit(f"Error: {error}")
    print(f"{len(files)} files above 1000000 bytes in {folder}")
    for path in files:
        print(f"{path.stat().st_size:10} {path}")
