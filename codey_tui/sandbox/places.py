"""What of the machine a command may see where a sandbox hides the rest, and what of a workspace it may not change."""

import os
import shutil
import sys
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix", "/gnu")
ETC = (
    "alternatives", "ca-certificates", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "mime.types", "nsswitch.conf", "passwd", "pki", "protocols", "resolv.conf", "services", "ssl", "timezone",
)  # fmt: skip
"""What programs look up in /etc, and no secrets: not the whole of it."""

PROTECTED = (".git/hooks", ".git/config", ".codey")
"""Parts of a workspace that later run, or decide, outside the sandbox."""


def protected(workspace: Path) -> dict[str, tuple[int, int]]:
    """The protected parts that are there, each with device and inode. What is reached through a symbolic link is left
    out: to mount that would show the sandbox a file from elsewhere."""
    found: dict[str, tuple[int, int]] = {}
    for name in PROTECTED:
        place = workspace / name
        if place.exists() and os.path.realpath(place) == str(place):
            told = place.lstat()
            found[name] = (told.st_dev, told.st_ino)
    return found


def pinned(workspace: Path) -> list[str]:
    """Folders that hold protected parts. Mounted onto themselves they cannot be renamed to put others in their place."""
    return list(dict.fromkeys(str(Path(name).parent) for name in protected(workspace) if "/" in name))


def tool_folders(path: str, workspace: Path) -> list[str]:
    """Where programs live when that is not the system: a version manager's folder, the Python of Codey and of the
    workspace's virtual environment.

    A `bin` in the home folder or in ~/.local is shown by itself: what lies beside it is nobody's business.
    """
    home = Path.home()
    private = {Path("/"), home, home / ".local", home.parent}
    found = [Path(sys.prefix), Path(sys.base_prefix), *_homes(path, workspace)]
    for entry in map(Path, path.split(os.pathsep)):
        if entry.is_absolute() and entry.is_dir():
            beside = entry.parent if entry.name in ("bin", "sbin") else entry
            found.append(entry if beside in private else beside)
    shown = [folder for folder in found if folder not in private and not _in_system(folder)]
    return list(dict.fromkeys(map(str, shown)))


def _homes(path: str, workspace: Path) -> list[Path]:
    """The installations behind links such as .venv/bin/python: the folder above the `bin` of the real program."""
    programs = [workspace / folder / "bin" / "python" for folder in (".venv", "venv")]
    programs += [Path(found) for name in ("python3", "node") if (found := shutil.which(name, path=path))]
    real = [Path(os.path.realpath(program)) for program in programs]
    return [
        program.parent.parent
        for program in real
        if program.parent.name == "bin" and program.name.startswith(("python", "node")) and os.access(program, os.X_OK)
    ]


def _in_system(folder: Path) -> bool:
    return any(folder.is_relative_to(top) for top in SYSTEM)
