"""Paths that a tool may touch: inside the workspace, no secrets, nothing that decides about Codey or git."""

import fnmatch
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from codey_tui.tools.base import ToolError
from codey_tui.tools.held import Held
from codey_tui.tools.odd_names import shown
from codey_tui.tools.walking import walk

MAX_CHARS = 1024
"""Characters of a path."""
MAX_NAME_BYTES = 255
"""Bytes of one name, as file systems have it."""

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


def hold(workspace: Path, relpath: str, *, follow: bool = False) -> Held:
    """A relative path held open (see `held`), its folders' symlinks followed and with `follow` also one at the end; without it a
    link can be moved or deleted as a link. "." is the workspace. Raises ToolError for all that leads out of it."""
    return walk(os.path.realpath(workspace), check_text(relpath), shown(relpath), follow=follow)


def hold_to_read(workspace: Path, relpath: str) -> Held:
    """A place whose content may be seen: its end followed too, no secrets, nothing of git's own, no device."""
    with _closing(hold(workspace, relpath, follow=True)) as held:
        if is_secret(relpath) or is_secret(held.path):
            raise ToolError(f"{held.said} looks like a file of passwords or keys, so Codey does not read it.")
        if ".git" in held.path.lower().split("/"):
            raise ToolError(f"{held.said} belongs to git. Use git itself to look at it.")
        _refuse_special(held)
        return held


def hold_to_change(workspace: Path, relpath: str, *, follow: bool = False) -> Held:
    """A place that may be created, changed or removed. Raises ToolError for the workspace itself and what others own."""
    with _closing(hold(workspace, relpath, follow=follow)) as held:
        if not held.parts:
            raise ToolError("That is the workspace itself.")
        named = (*PurePosixPath(relpath).parts, *held.parts)
        if _OWNED.intersection(part.lower() for part in named):
            raise ToolError(f"{held.said} belongs to git or to Codey itself and is not changed by a tool.")
        _refuse_special(held)
        return held


def hold_known(workspace: Path, relpath: str, *, follow: bool = False, under_file: bool = False) -> Held:
    """A real path that was checked before or found by looking: any name is taken. It must lie in the workspace all the same,
    and not be git's. With `under_file` what lies under a file by now is held as absent."""
    parts = tuple(relpath.split("/"))
    if {"", ".", ".."}.intersection(parts):
        raise ToolError(f"{shown(relpath)} is not a path inside the workspace.")
    root = os.path.realpath(workspace)
    with _closing(walk(root, parts, shown(relpath), follow=follow, under_file=under_file)) as held:
        if ".git" in (part.lower() for part in (*parts, *held.parts)):
            raise ToolError(f"{held.said} lies inside .git, which only git itself may change.")
        return held


def inside(workspace: Path, relpath: str) -> Path:
    """The real place of what `hold` takes, for looks that do not mind if it is another one a moment later."""
    return _real(workspace, hold(workspace, relpath))


def readable(workspace: Path, relpath: str) -> Path:
    """The real place of what `hold_to_read` takes."""
    return _real(workspace, hold_to_read(workspace, relpath))


def changeable(workspace: Path, relpath: str, *, follow: bool = False) -> Path:
    """The real place of what `hold_to_change` takes."""
    return _real(workspace, hold_to_change(workspace, relpath, follow=follow))


def relative(workspace: Path, place: Path) -> str:
    """The workspace-relative form, with POSIX separators, of a place that `inside` gave."""
    return place.relative_to(os.path.realpath(workspace)).as_posix()


def check_text(relpath: str) -> tuple[str, ...]:
    """The names of a relative path, checked by its text alone; none for the workspace itself."""
    if not relpath.strip():
        raise ToolError("The path is empty.")
    if len(relpath) > MAX_CHARS:
        raise ToolError(f"The path {shown(relpath[:60])}... is longer than {MAX_CHARS} characters.")
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in relpath):
        raise ToolError(f"The path {relpath!r} holds a control character.")
    if relpath.startswith(("/", "~")) or "\\" in relpath or relpath[1:3] == ":/":
        raise ToolError(
            f"{shown(relpath)} is not a path inside the workspace. Paths are relative, with forward slashes."
        )
    parts = PurePosixPath(relpath).parts
    if ".." in parts:
        raise ToolError(f"{shown(relpath)} leads out of the workspace.")
    try:
        long = any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in parts)
    except UnicodeEncodeError as error:
        raise ToolError(f"The path {relpath!r} holds half a character.") from error
    if long:
        raise ToolError(f"A name in {shown(relpath[:60])}... is longer than {MAX_NAME_BYTES} bytes.")
    return parts


def _refuse_special(held: Held) -> None:
    try:
        found = held.found()
    except OSError as error:
        raise ToolError(f"{held.said} cannot be looked at ({error.strerror}).") from error
    if found is not None and not (
        stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode)
    ):
        raise ToolError(f"{held.said} is a device, a socket or a pipe, not a file.")


def _real(workspace: Path, held: Held) -> Path:
    held.close()
    return Path(os.path.realpath(workspace), *held.parts)


@contextmanager
def _closing(held: Held) -> Generator[Held]:
    """Let a place go where a check refuses it."""
    try:
        yield held
    except BaseException:
        held.close()
        raise
