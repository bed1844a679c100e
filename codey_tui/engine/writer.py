"""Writes files of a workspace: a new one grows at its real path while it is generated, an existing one is replaced whole."""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path

import msgspec

from codey_tui.engine import growing
from codey_tui.engine.errors import EngineError
from codey_tui.engine.growing import recover
from codey_tui.engine.workspace_paths import PathRefused, follow, relative, resolve

__all__ = ["NewFile", "StagedEdit", "WriteFailed", "Written", "recover"]

MAX_EDIT_BYTES = 2 * 1024 * 1024
"""An existing file above this size is not edited: it would not fit into a model's context anyway."""


class WriteFailed(EngineError):
    """A file could not be written; the sentence names it and says what is left of it."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is whole on disk; `size` in bytes, `created` when it did not exist before."""

    path: str
    size: int
    sha256: str
    created: bool


class NewFile:
    """A file that does not exist yet and grows at its real path with every `append`.

    Missing folders are made. The name is created exclusively and never through a symlink. A marker in `state_dir` names the
    file until `commit` or `abandon`, so that `recover` finds it after a crash. Raises `PathRefused` for a path that
    leads out of the workspace or is taken, `WriteFailed` for everything else.
    """

    def __init__(self, workspace: Path, relpath: str, state_dir: Path) -> None:
        self._workspace = workspace
        self._place = resolve(workspace, relpath)
        self.path = relative(workspace, self._place)
        self.size = 0
        self.lines = 0
        self._hash = hashlib.sha256()
        self._state_dir = state_dir
        if self._place.is_symlink() or self._place.exists():
            raise PathRefused(f"{self.path} exists already; it can be edited, not written anew.")
        self._folders = self._missing_folders()
        self._descriptor = -1
        try:
            self._marker = growing.save(state_dir, growing.Marker(path=self.path, folders=self._folders))
            self._create()
        except OSError as error:
            self.abandon()
            raise self._failed("created", error) from error

    def append(self, text: str) -> None:
        """Add text to the file at once, without a buffer. On an error the file is removed."""
        data = text.encode("utf-8", "replace")
        try:
            _write_all(self._descriptor, data)
        except OSError as error:
            self.abandon()
            raise self._failed("written", error) from error
        self._hash.update(data)
        self.size += len(data)
        self.lines += text.count("\n")

    def commit(self) -> Written:
        """Make the file and its name survive a power cut; from here on it is whole."""
        if not self._is_ours():
            self.abandon()
            raise WriteFailed(
                f"{self.path} was moved or replaced by someone else while it was written; what stands there now is theirs."
            )
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self.abandon()
            raise self._failed("written", error) from error
        self._close()
        growing.sync_folder(self._place.parent)
        self._marker.unlink(missing_ok=True)
        return Written(path=self.path, size=self.size, sha256=self._hash.hexdigest(), created=True)

    def abandon(self) -> None:
        """Remove the unfinished file and the empty folders made for it. Can be called twice; after `commit` it does nothing."""
        marker = growing.marker_place(self._state_dir, self.path)
        if self._descriptor >= 0:
            if self._is_ours():
                with contextlib.suppress(FileNotFoundError):
                    self._place.unlink()
            self._close()
        elif not marker.exists():
            return
        growing.remove_empty(self._workspace, self._folders)
        marker.unlink(missing_ok=True)

    def _create(self) -> None:
        """Make the folders one by one without following a symlink, and the file exclusively."""
        folder = os.open(os.path.realpath(self._workspace), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in Path(self.path).parts[:-1]:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o777, dir_fd=folder)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                os.close(folder)
                folder = inner
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._place.name, flags, 0o666, dir_fd=folder)
        finally:
            os.close(folder)
        found = os.fstat(self._descriptor)
        self._identity = (found.st_dev, found.st_ino)
        marker = growing.Marker(path=self.path, device=found.st_dev, inode=found.st_ino, folders=self._folders)
        self._marker = growing.save(self._state_dir, marker)

    def _missing_folders(self) -> tuple[str, ...]:
        """The folders that have to be made, outermost first."""
        missing = [parent for parent in Path(self.path).parents if parent.parts and not self._within(parent).exists()]
        return tuple(parent.as_posix() for parent in reversed(missing))

    def _within(self, path: Path) -> Path:
        return Path(os.path.realpath(self._workspace)) / path

    def _is_ours(self) -> bool:
        """Whether the name still leads to the file that was created."""
        try:
            found = self._place.lstat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _failed(self, what: str, error: OSError) -> WriteFailed:
        left = "" if not os.path.lexists(self._place) else f" An unfinished {self.path} is left there."
        return WriteFailed(f"{self.path} could not be {what}: {_why(error)}.{left}")


class StagedEdit:
    """An existing text file and, in one step, its new content. A symlink is followed and stays a symlink.

    `before` is the exact text (UTF-8, line ends untouched). Raises `PathRefused`, or `WriteFailed` for a file that
    is not text or too large. With a `state_dir` a crash in the middle leaves no copy behind (see `recover`).
    """

    def __init__(self, workspace: Path, relpath: str, state_dir: Path | None = None) -> None:
        self._workspace = workspace
        self._place = follow(workspace, relpath)
        self.path = relpath
        self._state_dir = state_dir
        try:
            if not stat.S_ISREG(self._place.stat().st_mode):
                raise PathRefused(f"{relpath} is not a file, so it cannot be edited.")
            if self._place.stat().st_size > MAX_EDIT_BYTES:
                raise WriteFailed(f"{relpath} is larger than {MAX_EDIT_BYTES // 1024 // 1024} MiB; it is not edited.")
            data = self._place.read_bytes()
        except OSError as error:
            raise WriteFailed(f"{relpath} could not be read: {_why(error)}.") from error
        try:
            self.before = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WriteFailed(f"{relpath} is not UTF-8 text, so it cannot be edited.") from error
        self._hash = hashlib.sha256(data).hexdigest()

    def commit(self, text: str) -> Written:
        """Replace the file atomically, keeping its mode and where possible its owner.

        Raises `WriteFailed` and leaves the file as it is when someone else changed it since it was read.
        """
        data = text.encode("utf-8", "replace")
        temporary = self._place.with_name(f".{self._place.name[:200]}.{secrets.token_hex(4)}.codey")
        marker: Path | None = None
        try:
            if hashlib.sha256(self._place.read_bytes()).hexdigest() != self._hash:
                raise WriteFailed(
                    f"{self.path} was changed by someone else since the diff was made; it was left as it is."
                )
            if self._state_dir is not None:
                mark = growing.Marker(path=relative(self._workspace, temporary), temporary=True)
                marker = growing.save(self._state_dir, mark)
            found = self._place.stat()
            replace_file(
                temporary, self._place, data, mode=stat.S_IMODE(found.st_mode), owner=(found.st_uid, found.st_gid)
            )
        except OSError as error:
            raise WriteFailed(f"{self.path} could not be written: {_why(error)}. It was left as it was.") from error
        finally:
            if marker is not None:
                marker.unlink(missing_ok=True)
        return Written(path=self.path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), created=False)


def replace_file(temporary: Path, place: Path, data: bytes, *, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Put `data` at `place` in one step by way of `temporary` in the same folder. Raises OSError, leaving no temporary."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            _write_all(descriptor, data)
            if owner is not None:
                with contextlib.suppress(PermissionError):  # only root may give a file away
                    os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    growing.sync_folder(place.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; the system may take it in parts."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _why(error: OSError) -> str:
    """The reason of an OSError in words that a person can act on."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full; make room and try again"
    return error.strerror or str(error)
