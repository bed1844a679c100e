"""No file that a sandboxed command leaves in root's workspace lends root's rights to whoever runs it."""

import contextlib
import logging
import os
import stat
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from codey_tui.sandbox.base import OnOutput

log = logging.getLogger(__name__)

_SLACK_S = 1.0  # the clock of file systems lags behind
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextlib.contextmanager
def none_left(workspace: Path, on_output: OnOutput) -> Generator[None]:
    """Take set-user-id and set-group-id from the files that got them within the block, and name them. Only root's sandboxes
    need it: their files are root's, or of whoever owns the workspace. What had them before keeps them."""
    started = time.time() - _SLACK_S
    try:
        yield
    finally:
        # A workspace that is not there, or has gone, holds nothing.
        if os.geteuid() == 0 and workspace.is_dir() and (taken := sorted(_take(workspace, started))):
            on_output(f"\n[set-user-id and set-group-id were taken from: {', '.join(taken)}]\n")


def _take(workspace: Path, since: float) -> Iterator[str]:
    """Each file that was changed, as relative path; through open folders, so that no link leads elsewhere."""
    for folder, _, names, descriptor in os.fwalk(workspace, onerror=_unread):
        for name in names:
            try:
                if _lends(os.stat(name, dir_fd=descriptor, follow_symlinks=False), since) and _clear(name, descriptor):
                    yield str(Path(folder, name).relative_to(workspace))
            except FileNotFoundError:
                continue
            except OSError as error:
                _unread(error)


def _lends(found: os.stat_result, since: float) -> bool:
    lent = found.st_mode & (stat.S_ISUID | stat.S_ISGID)
    return stat.S_ISREG(found.st_mode) and bool(lent) and found.st_ctime >= since


def _clear(name: str, folder: int) -> bool:
    descriptor = os.open(name, _OPEN, dir_fd=folder)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            os.fchmod(descriptor, stat.S_IMODE(mode) & 0o1777)
        return stat.S_ISREG(mode)
    finally:
        os.close(descriptor)


def _unread(error: OSError) -> None:
    log.warning("a set-user-id may be left: %s", error)
