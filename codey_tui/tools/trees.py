"""Whole folders, entry by entry through open folders: what is in them, their removal and their copy."""

import errno
import os
import stat
from dataclasses import dataclass

from codey_tui.tools.base import ToolError
from codey_tui.tools.held import Held

MAX_TREE = 2000
"""Files and folders that one delete, move or copy may touch: each of them is kept for undo."""
_COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Node:
    """One entry below a folder: its path from there, and what it is by `mode`."""

    path: str
    mode: int

    @property
    def is_folder(self) -> bool:
        """No link to one."""
        return stat.S_ISDIR(self.mode)


def below(held: Held) -> list[Node]:
    """Everything below a folder, parents first. Raises ToolError where it is too much to keep, or git's own."""
    found: list[Node] = []
    _look(held, "", held.said, found)
    return found


def _look(held: Held, prefix: str, said: str, found: list[Node]) -> None:
    with held.children() as children:
        for child in children:
            if child.name.lower() == ".git":
                raise ToolError(f"{said} holds a git repository, which a tool does not touch.")
            entry = child.found()
            if entry is None:
                continue
            found.append(Node(f"{prefix}{child.name}", entry.st_mode))
            if len(found) > MAX_TREE:
                raise ToolError(
                    f"{said} holds more than {MAX_TREE} files: too many to bring back. Use a command instead."
                )
            if stat.S_ISDIR(entry.st_mode):
                _look(child, f"{prefix}{child.name}/", said, found)


def remove(held: Held, nodes: list[Node]) -> None:
    """Remove a folder and those entries below it; what came there since `below` looked was not kept, and so it stays.
    Raises ToolError then."""
    _remove(held, "", {node.path for node in nodes})


def _remove(held: Held, prefix: str, known: set[str]) -> None:
    with held.children() as children:
        for child in children:
            path = f"{prefix}{child.name}"
            if path not in known:
                raise ToolError(f"{child.said} came there meanwhile, so it was left, and the folders above it too.")
            if child.is_folder():
                _remove(child, f"{path}/", known)
            else:
                child.unlink()
    try:
        held.rmdir()
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise ToolError(f"Something came into {held.said} meanwhile, so it was left.") from error
        raise


def copy(source: Held, target: Held) -> None:
    """Copy a file, a link as a link, or a folder with all in it, to a free name. Modes and times are kept, but no
    set-user-id; raises ToolError for a device, socket or pipe, and FileExistsError where anything stands at the target."""
    found = source.found()
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source.path)
    if stat.S_ISLNK(found.st_mode):
        os.symlink(source.link(), target.name, dir_fd=target.folder)
    elif stat.S_ISREG(found.st_mode):
        _copy_file(source, target)
    elif stat.S_ISDIR(found.st_mode):
        target.make_folder()
        with source.children() as children:
            for child in children:
                with target.child(child.name) as copied:
                    copy(child, copied)
        target.set_mode(found.st_mode & 0o1777)
    else:
        raise ToolError(f"{source.said} is a device, a socket or a pipe, which is not copied.")


def _copy_file(source: Held, target: Held) -> None:
    reading = source.open()
    with os.fdopen(reading, "rb") as file:
        found = os.fstat(reading)
        writing = target.create(0o600)
        with os.fdopen(writing, "wb") as copied:
            while block := file.read(_COPY_BYTES):
                copied.write(block)
            copied.flush()
            os.fchmod(writing, found.st_mode & 0o777)
            os.utime(writing, ns=(found.st_atime_ns, found.st_mtime_ns))
