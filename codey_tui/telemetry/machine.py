"""What this machine is: cores and memory that this process may really use, limits of a container included."""

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def physical_cores() -> int:
    """Physical cores that this process may run on: at least 1, hardware threads counted once, CPU affinity and the
    CPU quota of the cgroup respected (a quota of 1.5 cores counts as 2)."""
    cpus = _allowed_cpus()
    cores = {_siblings(cpu) for cpu in cpus}
    count = max(1, len(cores))
    quota = _cpu_quota()
    return max(1, min(count, math.ceil(quota))) if quota else count


def total_memory() -> int:
    """Bytes of RAM, or the memory limit of the cgroup where that is lower."""
    total = _physical_memory()
    limit = _memory_limit()
    return min(total, limit) if limit else total


def available_memory() -> int:
    """Bytes that can be used without swapping, within the memory limit of the cgroup."""
    free = _memory_left()
    for line in _read(Path("/proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) << 10
            return available if free is None else min(available, free)
    import psutil

    return psutil.virtual_memory().available


def _allowed_cpus() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _siblings(cpu: int) -> str:
    """A name that the hardware threads of one core share; where sysfs tells nothing each CPU is its own core."""
    text = _read(Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"))
    return text or str(cpu)


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):  # a system without these names: ask psutil, which knows each one's own call
        import psutil

        return psutil.virtual_memory().total


def _cpu_quota() -> float:
    """Cores' worth of CPU time that the cgroup grants; 0.0 where it sets no limit."""
    for folder in _cgroup_folders("cpu"):
        unified = _read(folder / "cpu.max").split()
        if len(unified) == 2 and unified[0].isdigit():
            return int(unified[0]) / int(unified[1])
        quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(quota) > 0 and int(period) > 0:
            return int(quota) / int(period)
    return 0.0


def _memory_limit() -> int:
    """Bytes that the cgroup grants; 0 where it sets no limit (version 1 writes a huge number for none)."""
    limits: list[int] = []
    for folder in _cgroup_folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(folder / name)
            if text.isdigit() and 0 < int(text) < 1 << 60:
                limits.append(int(text))
    return min(limits, default=0)


def _memory_left() -> int | None:
    """Bytes below the tightest memory limit of the cgroups, None without one."""
    left: list[int] = []
    for folder in _cgroup_folders("memory"):
        for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            bound, used = _read(folder / limit), _read(folder / usage)
            if bound.isdigit() and used.isdigit() and int(bound) < 1 << 60:
                left.append(max(0, int(bound) - int(used) + _reclaimable(folder)))
    return min(left, default=None)


def _reclaimable(folder: Path) -> int:
    """Page cache that counts as used in a cgroup and is given up on demand, as MemAvailable counts it for a machine: a GGUF that
    was read is mostly that, mapped or not."""
    sizes: dict[str, int] = {}
    for line in _read(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if value.isdigit():
            sizes[name] = int(value)
    # version 1 counts the groups below apart, under names that begin with total_
    prefix = "total_" if "total_inactive_file" in sizes else ""
    return sizes.get(f"{prefix}inactive_file", 0) + sizes.get(f"{prefix}active_file", 0)


def _cgroup_folders(controller: str) -> list[Path]:
    """Folders whose limits bind this process, the closest first: its own cgroup and all above it."""
    found: list[Path] = []
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        root = _CGROUP / names if names else _CGROUP
        if not root.is_dir():
            root = _CGROUP / controller
        own = root / path.lstrip("/")
        found += [folder for folder in (own, *own.parents) if folder == root or root in folder.parents]
    return found


def _read(path: Path) -> str:
    """The text of a small system file, empty where there is none: absence is an answer here."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
