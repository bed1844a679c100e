"""Zip a folder with all its files into one archive."""

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile


def zip_folder(folder: str, target: str) -> int:
    """Write the files of the folder to the ZIP file target; return their number."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    paths = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.relative_to(folder))
    return len(paths)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} FOLDER TARGET", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{zip_folder(sys.argv[1], sys.argv[2])} files written.")
    except OSError as error:
        sys.exit(f"Error: {error}")
