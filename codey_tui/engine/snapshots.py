"""What stands at a path, exactly: captured into a store of blobs named by their hash, and put back from it."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.engine.growing import sync_folder
from codey_tui.tools.held import Held, beside

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

    def add(self, descriptor: int) -> str:
        """Take the bytes of an open file in, and close it; returns their hash. Raises OSError."""
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "rb") as file:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self._root / f"incoming-{os.getpid()}-{os.urandom(4).hex()}"
            try:
                with temporary.open("xb") as copy:
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

    def export(self, sha256: str, copy: Path) -> None:
        """Write the bytes of a hash to a new private file outside of the workspace."""
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.writelines(self.blocks(sha256, copy.name))
            file.flush()
            os.fsync(file.fileno())

    def blocks(self, sha256: str, name: str) -> Generator[bytes]:
        """The bytes of a hash, block by block. Raises `CheckpointFailed` at their end when they are damaged."""
        digest = hashlib.sha256()
        with self.place(sha256).open("rb") as blob:
            while block := blob.read(COPY_BYTES):
                digest.update(block)
                yield block
        if digest.hexdigest() != sha256:
            raise CheckpointFailed(f"The checkpoint of {name} is damaged on disk, so it was not put back.")


def capture(held: Held, blobs: BlobStore, phase: Phase = "before") -> Entry:
    """What stands at a place now; a file's bytes go into the store. Raises OSError."""
    found = held.found()
    if found is None:
        return Entry(path=held.path, kind="absent", phase=phase)
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISLNK(found.st_mode):
        return Entry(path=held.path, kind="symlink", phase=phase, link=held.link())
    if stat.S_ISREG(found.st_mode):
        return Entry(path=held.path, kind="file", phase=phase, mode=mode, sha256=blobs.add(held.open()))
    if stat.S_ISDIR(found.st_mode):
        return Entry(path=held.path, kind="folder", phase=phase, mode=mode)
    return Entry(path=held.path, kind="other", phase=phase)


def capture_tree(held: Held, blobs: BlobStore, phase: Phase = "before") -> list[Entry]:
    """`capture` of a place and, when it is a folder, of everything under it, parents first."""
    entries = [capture(held, blobs, phase)]
    if entries[0].kind == "folder":
        with held.children() as children:
            for child in children:
                entries += capture_tree(child, blobs, phase)
    return entries


def clear(held: Held) -> bool:
    """Make a place free: unlink a file or symlink, remove an empty folder. False when a folder still holds something."""
    if held.found() is None:
        return True
    if not held.is_folder():
        held.unlink()
        return True
    with contextlib.suppress(OSError):
        held.rmdir()
        return True
    return False


def put_back(entry: Entry, held: Held, blobs: BlobStore) -> None:
    """Make a place, which is free or of the same kind, what `entry` says. Raises OSError."""
    held.make_parents()
    draft = beside(held.name, "codey-undo")
    with contextlib.suppress(FileNotFoundError):  # left by an undo that was killed
        os.unlink(draft, dir_fd=held.folder)
    match entry.kind:
        case "folder":
            with contextlib.suppress(FileExistsError):
                held.make_folder()
            held.set_mode(entry.mode | stat.S_IRWXU)  # its own mode follows once everything in it is back
        case "file":
            held.put(blobs.blocks(entry.sha256, held.name), mode=entry.mode, draft=draft)
        case "symlink":
            held.put_link(entry.link, draft)
        case _:
            return
