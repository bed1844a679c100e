"""Locks between processes: flock files, which a dead process gives back by dying, with a note of who holds them."""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import msgspec

RETRY_S = 0.02
SETTLE_S = 1.0


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a workspace: an engine that serves a socket, or a `codey run` that works by itself."""

    pid: int
    version: str
    kind: Literal["engine", "run"]


class LockHeld(Exception):
    """Another process holds the lock. `holder` is None while that process has not yet written its note."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = f"process {holder.pid}" if holder else "another process"
        super().__init__(f"Codey already works in this workspace ({who} holds {path}).")
        self.holder = holder


class EngineLock:
    """The right to write a workspace's data; held from construction to `release` or the end of the process.

    Raises LockHeld. It asks again for `patience_s` seconds, because `find_holder` has a lock for a moment too.
    """

    def __init__(self, path: Path, holder: Holder, *, patience_s: float = SETTLE_S) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _wait(self._file, fcntl.LOCK_EX, patience_s):
                raise LockHeld(path, _read(self._file))
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, msgspec.json.encode(holder), 0)
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files of one name."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def find_holder(path: Path) -> Holder | None:
    """Who holds the engine lock at `path`; None when it is free. Where the note is missing its pid is 0."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try(file, fcntl.LOCK_SH):
            return None
        return _read(file) or Holder(pid=0, version="", kind="engine")
    finally:
        os.close(file)


@contextlib.contextmanager
def exclusive(path: Path, patience_s: float) -> Generator[bool]:
    """Hold a plain lock for the length of a block. Gives False when it was not to be had within `patience_s`."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _wait(file, fcntl.LOCK_EX, patience_s)
    finally:
        os.close(file)


def _wait(file: int, how: int, patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while not _try(file, how):
        if time.monotonic() >= end:
            return False
        time.sleep(RETRY_S)
    return True


def _try(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: int) -> Holder | None:
    """The holder's note; None while it is being written."""
    try:
        return msgspec.json.decode(os.pread(file, 4096, 0), type=Holder)
    except msgspec.DecodeError:
        return None
