"""What a child process takes, and whether the kernel killed something for want of memory."""

import contextlib
import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def rss_of(pid: int) -> int:
    """Resident bytes of a process; 0 when it is gone or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return _rss_by_psutil(pid)


def _rss_by_psutil(pid: int) -> int:
    """Where there is no /proc (macOS) psutil knows; it is not everywhere, and then nothing is shown."""
    try:
        import psutil
    except ImportError:
        return 0
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).memory_info().rss
    return 0


def oom_kills() -> int:
    """How many processes the kernel has killed for want of memory, in this control group or at all."""
    total = 0
    # The first counts the machine (kernel 4.13 and later), the second the container.
    for path in (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events")):
        with contextlib.suppress(OSError, ValueError):
            for line in path.read_text(encoding="ascii").splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    total += int(count)
    return total


def was_short(freed: int) -> bool:
    """Whether memory was short before a process gave `freed` bytes back just now; False where the system tells nothing.

    Some containers hide the kernel's count of kills; then this is the next best sign.
    """
    sizes: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            sizes[name] = int(rest.split()[0]) * 1024
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    return total > 0 and available - freed < total // 20
