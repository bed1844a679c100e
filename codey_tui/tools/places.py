"""Paths that a tool may touch: inside the workspace, no secrets, nothing that decides about Codey or git."""

import fnmatch
import os
import stat
from pathlib import Path, PurePosixPath

from codey_tui.tools.base import ToolError

_SECRET_NAMES = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "*.jks", "id_rsa*", "id_dsa*", "id_ecdsa*",
    "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".git-credentials", ".npmrc", ".pypirc", ".htpasswd", "credentials",
    "credentials.json", "*.kdbx",
)  # fmt: skip
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker"})
_NOT_SECRET = ("*.example", "*.sample", "*.template", "*.dist", "*.pub")
_OWNED = frozenset({".git", ".codey"})


def is_secret(relpath: str) -> bool:
    """Whether a path looks like one that holds passwords or keys."""
    parts = PurePosixPath(relpath.lower()).parts
    if not parts:
        return False
    if _SECRET_FOLDERS.intersection(parts[:-1]):
        return True
    name = parts[-1]
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NOT_SECRET):
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _SECRET_NAMES)


def inside(workspace: Path, relpath: str) -> Path:
    """The real place of a relative path, every symlink in its folder followed; its last part is not, so that a link can
    be moved or deleted as a link. "." is the workspace. Raises ToolError for all that leads out of it."""
    _check_text(relpath)
    root = Path(os.path.realpath(workspace))
    parts = PurePosixPath(relpath.removesuffix("/")).parts
    if not parts:
        return root
    parent = Path(os.path.realpath(root.joinpath(*parts[:-1])))
    if not parent.is_relative_to(root):
        raise ToolError(f"{relpath} leads out of the workspace through a symbolic link.")
    return parent / parts[-1]


def readable(workspace: Path, relpath: str) -> Path:
    """A place whose content may be seen: its end followed too, no secrets, nothing of git's own, no device."""
    place = Path(os.path.realpath(inside(workspace, relpath)))
    root = Path(os.path.realpath(workspace))
    if not place.is_relative_to(root):
        raise ToolError(f"{relpath} is a symbolic link that leads out of the workspace.")
    real = place.relative_to(root).as_posix()
    if is_secret(relpath) or is_secret(real):
        raise ToolError(f"{relpath} looks like a file of passwords or keys, so Codey does not read it.")
    if ".git" in PurePosixPath(real.lower()).parts:
        raise ToolError(f"{relpath} belongs to git. Use git itself to look at it.")
    _refuse_special(place, relpath)
    return place


def changeable(workspace: Path, relpath: str) -> Path:
    """A place that may be created, changed or removed. Raises ToolError for the workspace itself and what others own."""
    place = inside(workspace, relpath)
    root = Path(os.path.realpath(workspace))
    if place == root:
        raise ToolError("That is the workspace itself.")
    if _OWNED.intersection(part.lower() for part in place.relative_to(root).parts):
        raise ToolError(f"{relpath} belongs to git or to Codey itself and is not changed by a tool.")
    _refuse_special(place, relpath)
    return place


def relative(workspace: Path, place: Path) -> str:
    """The workspace-relative form, with POSIX separators, of a place that `inside` gave."""
    return place.relative_to(os.path.realpath(workspace)).as_posix()


def _check_text(relpath: str) -> None:
    if not relpath.strip():
        raise ToolError("The path is empty.")
    if any(ord(char) < 32 or ord(char) == 127 for char in relpath):
        raise ToolError(f"The path {relpath!r} holds a control character.")
    if relpath.startswith(("/", "~")) or "\\" in relpath or relpath[1:3] == ":/":
        raise ToolError(f"{relpath} is not a path inside the workspace. Paths are relative, with forward slashes.")
    parts = PurePosixPath(relpath).parts
    if ".." in parts:
        raise ToolError(f"{relpath} leads out of the workspace.")
    if len(relpath) > 1024 or any(len(os.fsencode(part)) > 255 for part in parts):
        raise ToolError(f"The path {relpath[:60]}... is too long.")


def _refuse_special(place: Path, relpath: str) -> None:
    try:
        mode = place.lstat().st_mode
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise ToolError(f"{relpath} lies under a file, not under a folder.") from error
    except OSError as error:
        raise ToolError(f"{relpath} cannot be looked at ({error.strerror}).") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        raise ToolError(f"{relpath} is a device, a socket or a pipe, not a file.")
