"""What a child process takes, and whether the kernel killed something for want of memory."""

import contextlib
import os
from pathlib import Path

import msgspec

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """Resident bytes of a process, and how many of them are no pages of a file, which only its end gives back."""

    rss: int = 0
    anonymous: int = 0


def resident_of(pid: int) -> Resident:
    """What a process has in memory; nothing when it is gone or the system does not tell."""
    try:
        _, rss, shared, *_ = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
        return Resident(rss=int(rss) * _PAGE, anonymous=max(0, int(rss) - int(shared)) * _PAGE)
    except (OSError, ValueError):
        rss = _rss_by_psutil(pid)
        return Resident(rss=rss, anonymous=rss)


def rss_of(pid: int) -> int:
    """Resident bytes of a process; 0 when it is gone or the system does not tell."""
    return resident_of(pid).rss


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
