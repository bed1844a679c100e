"""Processes of a run whose supervisor was killed (by the kernel for want of memory, or by the command): found by a mark
that their environment carries, and ended."""

import contextlib
import os
import signal
import time
from pathlib import Path

VARIABLE = "CODEY_RUN"
"""The environment variable that holds a run's mark; what a command starts inherits it."""

_ROUNDS = 100


def kill_marked(mark: str) -> None:
    """Kill every process whose environment carries the mark, and those that they start meanwhile."""
    for _ in range(_ROUNDS):
        found = _marked(mark)
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _marked(mark: str) -> list[int]:
    """Ids of living processes of this user; one that has ended but was not waited for has no environment any more."""
    wanted = f"{VARIABLE}={mark}".encode()
    found: list[int] = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it ended, or belongs to somebody else
            if wanted in place.read_bytes().split(b"\0"):
                found.append(int(place.parent.name))
    return found
