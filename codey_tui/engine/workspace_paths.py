"""Paths of a workspace: turns a relative path that a model or a person named into a real one, or refuses it with a
sentence."""

import os
import stat
from pathlib import Path, PurePosixPath

from codey_tui.engine.errors import EngineError

MAX_PATH_CHARS = 1024
PRIVATE_FOLDERS = frozenset({".git"})


class PathRefused(EngineError):
    """A path that must not be written or read on behalf of a request; the sentence names the path and the reason."""


def resolve(workspace: Path, relpath: str) -> Path:
    """The real place of `relpath` (POSIX, relative) in `workspace`: its folder with every symlink followed, and its name.

    The last component itself is not followed, so that a caller sees a symlink as a symlink. The file need not exist.
    Raises `PathRefused` for an absolute path, `..`, a control character, the inside of `.git`, a folder that leads out
    of the workspace, or an existing device, socket or pipe.
    """
    parts = _parts(relpath)
    root = Path(os.path.realpath(workspace))
    parent = Path(os.path.realpath(root.joinpath(*parts[:-1])))
    if not parent.is_relative_to(root):
        raise PathRefused(f"{relpath} leads out of the workspace through a symbolic link.")
    if PRIVATE_FOLDERS.intersection(part.lower() for part in parent.relative_to(root).parts):
        raise PathRefused(f"{relpath} lies inside .git, which only git itself may change.")
    place = parent / parts[-1]
    _refuse_special(place, relpath)
    return place


def follow(workspace: Path, relpath: str) -> Path:
    """Like `resolve`, but a symlink at the end is followed too; its target must lie in the workspace."""
    place = resolve(workspace, relpath)
    if not place.is_symlink():
        return place
    root = Path(os.path.realpath(workspace))
    target = Path(os.path.realpath(place))
    if not target.is_relative_to(root):
        raise PathRefused(f"{relpath} is a symbolic link that leads out of the workspace.")
    return resolve(root, target.relative_to(root).as_posix())


def relative(workspace: Path, place: Path) -> str:
    """The workspace-relative POSIX form of a real path that `resolve` gave."""
    return place.relative_to(os.path.realpath(workspace)).as_posix()


def is_inside(workspace: Path, relpath: str) -> bool:
    """Whether `relpath` is one that `resolve` accepts."""
    try:
        resolve(workspace, relpath)
    except PathRefused:
        return False
    return True


def _parts(relpath: str) -> tuple[str, ...]:
    """The components of a relative path, checked by their text alone."""
    if not relpath or not relpath.strip():
        raise PathRefused("The path is empty.")
    if len(relpath) > MAX_PATH_CHARS:
        raise PathRefused(f"The path is longer than {MAX_PATH_CHARS} characters.")
    if any(ord(char) < 32 or ord(char) == 127 for char in relpath):
        raise PathRefused(f"The path {relpath!r} holds a control character.")
    if relpath.startswith(("/", "~")) or "\\" in relpath or relpath[1:3] == ":/":
        raise PathRefused(f"{relpath} is not a path inside the workspace.")
    parts = PurePosixPath(relpath).parts
    if not parts:
        raise PathRefused(f"{relpath} names the workspace itself, not a file in it.")
    if ".." in parts:
        raise PathRefused(f"{relpath} leads out of the workspace.")
    if PRIVATE_FOLDERS.intersection(part.lower() for part in parts):
        raise PathRefused(f"{relpath} lies inside .git, which only git itself may change.")
    if any(len(os.fsencode(part)) > 255 for part in parts):
        raise PathRefused(f"A name in {relpath[:60]}... is longer than 255 bytes.")
    return parts


def _refuse_special(place: Path, relpath: str) -> None:
    """Refuse what is neither a file, a folder nor a symlink."""
    try:
        mode = place.lstat().st_mode
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise PathRefused(f"{relpath} lies under a file, not under a folder.") from error
    except OSError as error:
        raise PathRefused(f"{relpath} cannot be looked at: {error.strerror}.") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        raise PathRefused(f"{relpath} is a device, a socket or a pipe, not a file.")
