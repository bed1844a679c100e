"""Backup of a file: a copy with the date and time in its name."""

import shutil
import sys
from datetime import datetime
from pathlib import Path


def backup_file(path: str) -> Path:
    """Copy the file beside itself and return the path of the copy."""
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"{path} is not a file.")
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    target = source.with_name(f"{source.stem}-{stamp}{source.suffix}")
    shutil.copy2(source, target)
    return target


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"Copied to {backup_file(sys.argv[1])}.")
    except OSError as error:
        sys.exit(f"Error: {error}")
