"""List the files of a folder with their sizes."""

import sys
from pathlib import Path


def list_files(folder: str) -> list[tuple[str, int]]:
    """Return the name and the size in bytes of each file in the folder."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    paths = sorted(Path(folder).iterdir())
    return [(path.name, path.stat().st_size) for path in paths if path.is_file()]


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    try:
        files = list_files(folder)
    except OSError as error:
        sys.exit(f"Error: {error}")
    print(f"{len(files)} files in {folder}")
    for name, size in files:
        print(f"{size:10} {name}")
