"""Someone who swaps a name for a symbolic link that leads out of the workspace, and back, as fast as the system can."""

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import TracebackType
from typing import Self

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2, Linux only


class Swapper:
    """Runs `swap` in a thread of its own until the block ends, but for `paused`; `swaps` counts."""

    def __init__(self, swap: Callable[[], None]) -> None:
        self._swap = swap
        self._over = threading.Event()
        self._turn = threading.Lock()
        self._pausing = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.swaps = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Nothing is swapped within the block."""
        self._pausing.set()
        with self._turn:
            self._pausing.clear()
            yield

    def _run(self) -> None:
        while not self._over.is_set():
            if self._pausing.is_set():  # else the lock would be taken again before anybody else got it
                continue
            with self._turn, contextlib.suppress(OSError):  # the other side moved or removed it a moment ago
                self._swap()
            self.swaps += 1


def exchange(name: Path, other: Path) -> Callable[[], None]:
    """Let two names change places, in one step where the system has one."""
    libc = ctypes.CDLL(None, use_errno=True)
    aside = name.with_name("aside")

    def at_once() -> None:
        if libc.renameat2(_HERE, os.fsencode(name), _HERE, os.fsencode(other), _EXCHANGE):
            raise OSError(ctypes.get_errno(), "renameat2")

    def one_by_one() -> None:
        name.rename(aside)
        other.rename(name)
        aside.rename(other)

    return at_once if hasattr(libc, "renameat2") else one_by_one


def relink(name: Path, targets: tuple[Path, Path]) -> Callable[[], None]:
    """Let a symbolic link lead to one and the other in turn."""
    fresh = name.with_name("fresh-link")
    turn = [0]

    def swap() -> None:
        turn[0] ^= 1
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(targets[turn[0]])
        fresh.replace(name)

    return swap
