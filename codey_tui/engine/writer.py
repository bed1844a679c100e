"""Writes files of a workspace: a new one grows at its real path while it is generated, an existing one is replaced whole."""

import contextlib
import errno
import hashlib
import os
import stat
from pathlib import Path

import msgspec

from codey_tui.engine import growing
from codey_tui.engine.errors import EngineError
from codey_tui.engine.growing import recover
from codey_tui.engine.workspace_paths import PathRefused, hold, refusals
from codey_tui.tools.base import ToolError
from codey_tui.tools.held import Held, write_all

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

    Missing folders are made. The name is created exclusively, in a folder that is held open until the end. A marker in
    `state_dir` names the file until `commit` or `abandon`, so that `recover` finds it after a crash. Raises `PathRefused`
    for a path that leads out of the workspace or is taken, `WriteFailed` for everything else.
    """

    def __init__(self, workspace: Path, relpath: str, state_dir: Path) -> None:
        self._workspace = workspace
        self._held = hold(workspace, relpath)
        self.path = self._held.path
        self.size = 0
        self.lines = 0
        self._hash = hashlib.sha256()
        self._state_dir = state_dir
        self._descriptor = -1
        self._folders = self._missing_folders()
        self._refuse_taken()
        try:
            self._marker = growing.save(state_dir, growing.Marker(path=self.path, folders=self._folders))
            self._create()
        except OSError as error:
            self.abandon()
            raise self._failed("created", error) from error
        except PathRefused:
            self.abandon()
            raise

    def append(self, text: str) -> None:
        """Add text to the file at once, without a buffer. On an error the file is removed."""
        data = text.encode("utf-8", "replace")
        try:
            write_all(self._descriptor, data)
        except OSError as error:
            self.abandon()
            raise self._failed("written", error) from error
        self._hash.update(data)
        self.size += len(data)
        self.lines += text.count("\n")

    def commit(self) -> Written:
        """Make the file and its name survive a power cut; from here on it is whole."""
        if not (self._is_ours() and self._is_in_place()):
            self.abandon()
            raise WriteFailed(
                f"{self.path} was moved or replaced by someone else while it was written; what stands there now is theirs."
            )
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self.abandon()
            raise self._failed("written", error) from error
        self._held.sync()
        self._close()
        self._marker.unlink(missing_ok=True)
        return Written(path=self.path, size=self.size, sha256=self._hash.hexdigest(), created=True)

    def abandon(self) -> None:
        """Remove the unfinished file and the empty folders made for it. Can be called twice; after `commit` it does nothing."""
        marker = growing.marker_place(self._state_dir, self.path)
        if self._descriptor >= 0:
            if self._is_ours():
                with contextlib.suppress(FileNotFoundError):
                    self._held.unlink()
        elif not marker.exists():
            self._close()
            return
        self._close()
        growing.remove_empty(self._workspace, self._folders)
        marker.unlink(missing_ok=True)

    def _refuse_taken(self) -> None:
        try:
            taken = self._held.found() is not None
        except OSError as error:
            self._held.close()
            raise self._failed("created", error) from error
        if taken:
            self._held.close()
            raise PathRefused(f"{self._held.said} exists already; it can be edited, not written anew.")

    @refusals()
    def _create(self) -> None:
        """Make the folders one by one without following a symlink, and the file exclusively."""
        self._held.make_parents()
        self._descriptor = self._held.create()
        found = os.fstat(self._descriptor)
        self._identity = (found.st_dev, found.st_ino)
        marker = growing.Marker(path=self.path, device=found.st_dev, inode=found.st_ino, folders=self._folders)
        self._marker = growing.save(self._state_dir, marker)

    def _missing_folders(self) -> tuple[str, ...]:
        """The folders that have to be made, outermost first."""
        held = self._held
        return tuple("/".join((*held.above, *held.missing[: index + 1])) for index in range(len(held.missing)))

    def _is_ours(self) -> bool:
        """Whether the name still leads to the file that was created."""
        try:
            found = self._held.found()
        except OSError:
            return False
        return found is not None and (found.st_dev, found.st_ino) == self._identity

    def _is_in_place(self) -> bool:
        """Whether the path still leads to the folder of the file."""
        try:
            self._held.check_unmoved()
        except ToolError:
            return False
        return True

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._held.close()

    def _failed(self, what: str, error: OSError) -> WriteFailed:
        place = Path(os.path.realpath(self._workspace), self.path)
        left = "" if not os.path.lexists(place) else f" An unfinished {self.path} is left there."
        return WriteFailed(f"{self.path} could not be {what}: {_why(error)}.{left}")


class StagedEdit:
    """An existing text file and, in one step, its new content. A symlink is followed and stays a symlink.

    `before` is the exact text (UTF-8, line ends untouched). Raises `PathRefused`, or `WriteFailed` for a file that
    is not text or too large. With a `state_dir` a crash in the middle leaves no copy behind (see `recover`).
    """

    def __init__(self, workspace: Path, relpath: str, state_dir: Path | None = None) -> None:
        self._workspace = workspace
        self.path = relpath
        self._state_dir = state_dir
        try:
            with hold(workspace, relpath, follow=True) as held:
                found = held.found()
                if found is not None and not stat.S_ISREG(found.st_mode):
                    raise PathRefused(f"{held.said} is not a file, so it cannot be edited.")
                if found is not None and found.st_size > MAX_EDIT_BYTES:
                    raise WriteFailed(
                        f"{held.said} is larger than {MAX_EDIT_BYTES // 1024 // 1024} MiB; it is not edited."
                    )
                data = _read(held)
        except OSError as error:
            raise WriteFailed(f"{relpath} could not be read: {_why(error)}.") from error
        try:
            self.before = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WriteFailed(f"{relpath} is not UTF-8 text, so it cannot be edited.") from error
        self._hash = hashlib.sha256(data).hexdigest()

    def commit(self, text: str) -> Written:
        """Replace the file atomically, keeping its mode (but for a set-user-id) and where possible its owner.

        Raises `WriteFailed` and leaves the file as it is when someone else changed it since it was read.
        """
        data = text.encode("utf-8", "replace")
        marker: Path | None = None
        try:
            with hold(self._workspace, self.path, follow=True) as held:
                found = held.found()
                if found is None or hashlib.sha256(_read(held)).hexdigest() != self._hash:
                    raise WriteFailed(
                        f"{self.path} was changed by someone else since the diff was made; it was left as it was."
                    )
                draft = held.draft_name()
                if self._state_dir is not None:
                    mark = growing.Marker(path="/".join((*held.above, draft)), temporary=True)
                    marker = growing.save(self._state_dir, mark)
                mode = stat.S_IMODE(found.st_mode) & 0o1777
                held.put([data], mode=mode, owner=(found.st_uid, found.st_gid), draft=draft)
        except OSError as error:
            raise WriteFailed(f"{self.path} could not be written: {_why(error)}. It was left as it was.") from error
        finally:
            if marker is not None:
                marker.unlink(missing_ok=True)
        return Written(path=self.path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), created=False)


@refusals()
def _read(held: Held) -> bytes:
    return held.read()


def _why(error: OSError) -> str:
    """The reason of an OSError in words that a person can act on."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full; make room and try again"
    return error.strerror or str(error)
