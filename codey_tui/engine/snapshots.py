"""What stands at a path, exactly: captured into a store of blobs named by their hash, and put back from it."""

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.engine.growing import sync_folder

COPY_BYTES = 1 << 20

EntryKind = Literal["absent", "file", "symlink", "folder", "other"]
Phase = Literal["before", "during", "after"]


class CheckpointFailed(OSError):
    """A checkpoint could not be made or restored; the sentence says what to mend. Nothing was lost."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a workspace-relative path: nothing, a file (its bytes by hash), a symlink (its target) or a folder."""

    path: str
    kind: EntryKind
    phase: Phase = "before"
    mode: int = 0
    sha256: str = ""
    link: str = ""

    def same(self, other: "Entry") -> bool:
        """Whether both describe the same content and mode."""
        return (self.kind, self.mode, self.sha256, self.link) == (other.kind, other.mode, other.sha256, other.link)


class BlobStore:
    """Bytes by their SHA-256, each written once and fsynced before its name appears."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self._root / sha256[:2] / sha256

    def add(self, source: Path) -> str:
        """Take a file's bytes in; returns their hash. Never follows a symlink. Raises OSError."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._root / f"incoming-{os.getpid()}-{os.urandom(4).hex()}"
        digest = hashlib.sha256()
        reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with os.fdopen(reading, "rb") as file, temporary.open("xb") as copy:
                while block := file.read(COPY_BYTES):
                    digest.update(block)
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
            place = self.place(digest.hexdigest())
            if not place.exists():
                place.parent.mkdir(exist_ok=True, mode=0o700)
                temporary.replace(place)
                sync_folder(place.parent)
                sync_folder(self._root)
        finally:
            temporary.unlink(missing_ok=True)
        return digest.hexdigest()

    def copy_to(self, sha256: str, target: Path, mode: int) -> None:
        """Write the bytes of a hash to `target` in one step. Raises `CheckpointFailed` when they are damaged."""
        temporary = target.with_name(f".{target.name[:200]}.codey-undo")
        temporary.unlink(missing_ok=True)
        digest = hashlib.sha256()
        try:
            with self.place(sha256).open("rb") as blob, temporary.open("xb") as copy:
                while block := blob.read(COPY_BYTES):
                    digest.update(block)
                    copy.write(block)
                copy.flush()
                os.fchmod(copy.fileno(), mode)
                os.fsync(copy.fileno())
            if digest.hexdigest() != sha256:
                raise CheckpointFailed(f"The checkpoint of {target.name} is damaged on disk, so it was not put back.")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(target.parent)


def capture(place: Path, relpath: str, blobs: BlobStore, phase: Phase = "before") -> Entry:
    """What stands at `place` now; a file's bytes go into the store. Raises OSError."""
    try:
        found = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Entry(path=relpath, kind="absent", phase=phase)
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISLNK(found.st_mode):
        return Entry(path=relpath, kind="symlink", phase=phase, link=os.readlink(place))  # noqa: PTH115
    if stat.S_ISREG(found.st_mode):
        return Entry(path=relpath, kind="file", phase=phase, mode=mode, sha256=blobs.add(place))
    if stat.S_ISDIR(found.st_mode):
        return Entry(path=relpath, kind="folder", phase=phase, mode=mode)
    return Entry(path=relpath, kind="other", phase=phase)


def capture_tree(place: Path, relpath: str, blobs: BlobStore, phase: Phase = "before") -> list[Entry]:
    """`capture` of a path and, when it is a folder, of everything under it, parents first."""
    entries = [capture(place, relpath, blobs, phase)]
    if entries[0].kind != "folder":
        return entries
    with os.scandir(place) as listing:
        names = sorted(item.name for item in listing)
    for name in names:
        entries += capture_tree(place / name, f"{relpath}/{name}", blobs, phase)
    return entries


def clear(place: Path) -> bool:
    """Make a path free: unlink a file or symlink, remove an empty folder. False when a folder still holds something."""
    try:
        found = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    if not stat.S_ISDIR(found.st_mode):
        place.unlink()
        return True
    with contextlib.suppress(OSError):
        place.rmdir()
        return True
    return False


def put_back(entry: Entry, place: Path, blobs: BlobStore) -> None:
    """Make `place`, which is free or of the same kind, what `entry` says. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    match entry.kind:
        case "folder":
            place.mkdir(exist_ok=True)
            place.chmod(entry.mode | stat.S_IRWXU)  # its own mode follows once everything in it is back
        case "file":
            blobs.copy_to(entry.sha256, place, entry.mode)
        case "symlink":
            temporary = place.with_name(f".{place.name[:200]}.codey-undo")
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(entry.link)
            temporary.replace(place)
            sync_folder(place.parent)
        case _:
            return
