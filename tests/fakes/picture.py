"""What a folder holds, to be compared with what it held before."""

import stat
from pathlib import Path


def picture(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below a folder with its type, mode and bytes."""
    found: dict[str, tuple[int, bytes]] = {}
    for place in sorted(folder.rglob("*")):
        mode = place.lstat().st_mode
        data = bytes(place.readlink()) if stat.S_ISLNK(mode) else place.read_bytes() if stat.S_ISREG(mode) else b""
        found[place.relative_to(folder).as_posix()] = (mode, data)
    return found
