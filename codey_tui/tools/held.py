"""Names in folders that are held open: what is done to one happens in that folder, whatever its path leads to by then.

A path that is checked and then opened again can be turned into another one in between, by a symbolic link put in the place of
one of its folders. Here each folder is opened from the one above it and never through a link; links are read and walked
by ourselves, so that those within the workspace work and none leads out.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Generator, Iterable
from typing import Self

from codey_tui.tools.base import ToolError

FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
PASS = int(getattr(os, "O_PATH", os.O_RDONLY)) | FOLDER
"""Flags to open a folder on the way; where the system has O_PATH, also one that may be passed but not listed."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}
)
_NAME_BYTES = 200
"""Bytes of a name that the name of its draft repeats: a name may have 255."""


class Held:
    """A name in an open folder of the workspace; close it, or use it in a `with`.

    `above` are the real folders from the workspace to it, without links; `missing` those that do not exist yet, below `above`.
    Methods raise OSError, and ToolError where the place is not what it was. Not for use by several threads.
    """

    def __init__(
        self, root: str, folder: int, above: tuple[str, ...], name: str, said: str, missing: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        self.folder = folder
        self.above = above
        self.name = name
        self.said = said
        self.missing = missing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go; can be called twice."""
        if self.folder >= 0:
            os.close(self.folder)
            self.folder = -1

    @property
    def parts(self) -> tuple[str, ...]:
        """The real names from the workspace to here; empty for the workspace itself."""
        return (*self.above, *self.missing, *(() if self.name == "." else (self.name,)))

    @property
    def path(self) -> str:
        """The real path, relative to the workspace, with POSIX separators."""
        return "/".join(self.parts) or "."

    def found(self) -> os.stat_result | None:
        """What stands here, a link not followed; None for nothing."""
        if self.missing:
            return None
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def is_folder(self) -> bool:
        """Whether a folder stands here (no link to one)."""
        found = self.found()
        return found is not None and stat.S_ISDIR(found.st_mode)

    def is_link(self) -> bool:
        """Whether a symbolic link stands here."""
        found = self.found()
        return found is not None and stat.S_ISLNK(found.st_mode)

    def link(self) -> str:
        """The target of the symbolic link that stands here."""
        return os.readlink(self.name, dir_fd=self.folder)

    def open(self) -> int:
        """A descriptor to read the file that stands here. Raises ToolError for what is no file; never waits for a pipe."""
        self._need_parents()
        descriptor = os.open(self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.folder)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise ToolError(f"{self.said} is not a file.")

    def read(self, limit: int = -1) -> bytes:
        """The bytes of the file that stands here, at most `limit` of them."""
        with os.fdopen(self.open(), "rb") as stream:
            return stream.read(limit)

    def create(self, mode: int = 0o666) -> int:
        """A descriptor to write a new file. Raises FileExistsError where anything stands here."""
        return os.open(self.name, _CREATE, mode, dir_fd=self.folder)

    def make_parents(self) -> None:
        """Make the missing folders, one in the other."""
        while self.missing:
            name = self.missing[0]
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=self.folder)
            try:
                inner = os.open(name, PASS, dir_fd=self.folder)
            except OSError as error:
                raise self.moved() from error
            os.close(self.folder)
            self.folder = inner
            self.above, self.missing = (*self.above, name), self.missing[1:]

    def make_folder(self) -> None:
        """Make a folder here. Raises FileExistsError where anything stands here."""
        os.mkdir(self.name, dir_fd=self.folder)

    def set_mode(self, mode: int) -> None:
        """Set the permissions of the folder that stands here."""
        descriptor = os.open(self.name, os.O_RDONLY | FOLDER, dir_fd=self.folder)
        try:
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)

    def unlink(self) -> None:
        """Remove the file or link that stands here."""
        os.unlink(self.name, dir_fd=self.folder)

    def rmdir(self) -> None:
        """Remove the empty folder that stands here."""
        os.rmdir(self.name, dir_fd=self.folder)

    def draft_name(self) -> str:
        """A fresh name beside this one."""
        return beside(self.name, f"{secrets.token_hex(4)}.codey")

    def put(
        self,
        blocks: Iterable[bytes],
        *,
        mode: int | None = None,
        owner: tuple[int, int] | None = None,
        draft: str = "",
        new: bool = False,
    ) -> None:
        """Put a file here in one step, on disk before it counts: whoever looks sees what was here, or the whole of it.

        Without a `mode` it gets the usual one; `owner` (uid, gid) is kept where possible. With `new`, raises
        FileExistsError where anything came to stand here. Leaves no draft behind.
        """
        draft = draft or self.draft_name()
        descriptor = os.open(draft, _CREATE, 0o666 if mode is None else 0o600, dir_fd=self.folder)
        try:
            try:
                for block in blocks:
                    write_all(descriptor, block)
                if owner is not None:
                    with contextlib.suppress(PermissionError):  # only root may give a file away
                        os.fchown(descriptor, *owner)
                if mode is not None:
                    os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._take(draft, new=new)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=self.folder)
        self.sync()

    def put_link(self, target: str, draft: str) -> None:
        """Put a symbolic link here in one step, by way of the free name `draft`."""
        os.symlink(target, draft, dir_fd=self.folder)
        os.replace(draft, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        self.sync()

    def move_to(self, target: "Held") -> None:
        """Move what stands here to a free name. Raises FileExistsError where something came to stand there."""
        found = self.found()
        plain = found is not None and stat.S_ISREG(found.st_mode) and not self.same_entry(target)
        if plain and _link(self.name, target.name, self.folder, target.folder):
            self.unlink()
        else:
            os.rename(self.name, target.name, src_dir_fd=self.folder, dst_dir_fd=target.folder)

    def same_entry(self, other: "Held") -> bool:
        """Whether both names are one entry, on a file system that takes A and a, or both forms of an accent, for the same."""
        mine, theirs = self.found(), other.found()
        if mine is None or theirs is None or not os.path.samestat(mine, theirs):
            return False
        if (self.above, self.name) == (other.above, other.name):
            return True
        return other.name not in other.neighbours()

    def neighbours(self) -> list[str]:
        """The names in the folder of this one, its own included where it exists."""
        listing = os.open(".", os.O_RDONLY | FOLDER, dir_fd=self.folder)
        try:
            return _names(listing)
        finally:
            os.close(listing)

    def sync(self) -> None:
        """Make the entries of the folder survive a power cut, where the system can do that."""
        with contextlib.suppress(OSError):
            descriptor = os.open(".", os.O_RDONLY | FOLDER, dir_fd=self.folder)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def children(self) -> Generator[list["Held"]]:
        """What is in the folder that stands here, by name; usable until the block ends."""
        self._need_parents()
        descriptor = os.open(self.name, os.O_RDONLY | FOLDER, dir_fd=self.folder)
        above = self.parts
        try:
            names = sorted(_names(descriptor))
            yield [Held(self.root, descriptor, above, name, f"{self.said}/{name}") for name in names]
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def child(self, name: str) -> Generator["Held"]:
        """A name in the folder that stands here."""
        descriptor = os.open(self.name, PASS, dir_fd=self.folder)
        with Held(self.root, descriptor, self.parts, name, f"{self.said}/{name}") as held:
            yield held

    def check_unmoved(self) -> None:
        """Raises ToolError where the path does not lead to the folder held open here any more."""
        try:
            folder = os.open(self.root, PASS)
            try:
                for name in self.above:
                    inner = os.open(name, PASS, dir_fd=folder)
                    os.close(folder)
                    folder = inner
                same = os.path.samestat(os.fstat(folder), os.fstat(self.folder))
            finally:
                os.close(folder)
        except OSError as error:
            raise self.moved() from error
        if not same:
            raise self.moved()

    def moved(self) -> ToolError:
        """The refusal for a place that became another one meanwhile."""
        return ToolError(f"{self.said} was moved or replaced by someone else meanwhile; nothing was done to it.")

    def _need_parents(self) -> None:
        if self.missing:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.path)

    def _take(self, draft: str, *, new: bool) -> None:
        """Let a draft be what stands here."""
        if not new:
            os.replace(draft, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        elif not _link(draft, self.name, self.folder, self.folder):
            if self.found() is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)
            os.replace(draft, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)


def beside(name: str, ending: str) -> str:
    """The name of a draft beside a file; with the ending it is no longer than a name may be."""
    return f".{cut(name)}.{ending}"


def cut(name: str) -> str:
    """A name with room for an ending: its first bytes, by whole characters."""
    data = os.fsencode(name)
    return name if len(data) <= _NAME_BYTES else data[:_NAME_BYTES].decode("utf-8", "ignore")


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; the system may take it in parts."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as listing:
        return [entry.name for entry in listing]


def _link(name: str, other: str, folder: int, other_folder: int) -> bool:
    """Give a file a second name, which unlike a move never replaces anything; False where the system has no such names."""
    try:
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=other_folder, follow_symlinks=False)
    except FileExistsError:
        raise
    except NotImplementedError:
        return False
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    return True
