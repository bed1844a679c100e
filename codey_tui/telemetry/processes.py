"""Resident memory of processes, from /proc where there is one and from psutil elsewhere."""

import os
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def rss(pid: int) -> int:
    """Bytes of resident memory of a process, 0 when it is gone."""
    if not _has_proc():
        return _psutil_rss(pid)
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):  # it ended, or is just ending
        return 0


def tree_rss(pid: int) -> int:
    """Bytes of resident memory of a process and all below it. Pages that they share count more than once."""
    return sum(rss(each) for each in (pid, *descendants(pid)))


def descendants(pid: int) -> list[int]:
    """Ids of all processes below one, parents before children."""
    if not _has_proc():
        return _psutil_descendants(pid)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    """From task/*/children, which proc(5) calls reliable only when nothing changes: good enough for a gauge."""
    found: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:  # it ended while we looked
        return found
    return found


def _has_proc() -> bool:
    return (_PROC / "self" / "statm").exists()


def _psutil_rss(pid: int) -> int:
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:  # gone, or somebody else's
        return 0


def _psutil_descendants(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
