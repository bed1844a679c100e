"""Download a file from the web and save it."""

import shutil
import sys
from pathlib import Path
from urllib.request import urlopen


def download_file(url: str, target: str) -> int:
    """Save the file at the URL as target and return its size in bytes."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("The URL must begin with http:// or https://.")
    with urlopen(url, timeout=10) as response, open(target, "wb") as file:
        shutil.copyfileobj(response, file)
    return Path(target).stat().st_size


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} URL TARGET", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{download_file(sys.argv[1], sys.argv[2])} bytes written.")
    except (OSError, ValueError) as error:
        sys.exit(f"The file could not be read: {error}")
