"""One reading of the machine after the other, each well below a millisecond where the system has /proc and /sys."""

import os
from pathlib import Path

from codey_tui.protocol.models import Gauges
from codey_tui.telemetry import processes
from codey_tui.telemetry.machine import available_memory, total_memory
from codey_tui.telemetry.power import Power, find_power
from codey_tui.telemetry.sensors import find_temperature


class Telemetry:
    """Reads memory, CPU, temperature and battery. What the system does not tell is None, never a guess."""

    def __init__(self, sys: Path = Path("/sys"), search_path: str | None = None) -> None:
        self._temperature = find_temperature(sys)
        self._power = find_power(sys, search_path)
        self._total = total_memory()
        self._cpu = _cpu_times()

    def gauges(self, models_rss: int, budget: int) -> Gauges:
        """A reading for the engine that calls it; `models_rss` and `budget` in bytes."""
        power = self.power()
        return Gauges(
            engine_rss=self.rss(os.getpid()),
            models_rss=models_rss,
            budget=budget,
            cpu_percent=self.cpu_percent(),
            temperature=self.temperature(),
            battery_percent=power.percent,
            charging=power.charging,
        )

    def rss(self, pid: int) -> int:
        """Bytes of resident memory of a process, 0 when it is gone."""
        return processes.rss(pid)

    def tree_rss(self, pid: int) -> int:
        """Bytes of resident memory of a process and all below it."""
        return processes.tree_rss(pid)

    def cpu_percent(self) -> float:
        """Busy time of all cores since the last call, 0 to 100; 0.0 where the system hides it (Android)."""
        busy, total = _cpu_times()
        before_busy, before_total = self._cpu
        self._cpu = (busy, total)
        passed = total - before_total
        return min(100.0, max(0.0, 100.0 * (busy - before_busy) / passed)) if passed > 0 else 0.0

    def temperature(self) -> float | None:
        """Degrees Celsius of the CPU, None where the system tells none."""
        return self._temperature.read() if self._temperature else None

    def thermal_source(self) -> str:
        """Which sensor `temperature` reads, "none" where there is none."""
        return self._temperature.name if self._temperature else "none"

    def battery(self) -> float | None:
        """Charge of the battery in percent, None where there is no battery."""
        return self.power().percent

    def power(self) -> Power:
        """Charge of the battery, and whether it is being charged. Never waits: Termux is asked in the background."""
        return self._power.read() if self._power else Power()

    @property
    def total_memory(self) -> int:
        """Bytes of RAM, or of the container's limit."""
        return self._total

    def available_memory(self) -> int:
        """Bytes that can still be used without swapping."""
        return available_memory()


def _cpu_times() -> tuple[float, float]:
    """Busy and total time of all cores so far, in any unit that is the same each time."""
    try:
        with open("/proc/stat", "rb") as stream:  # noqa: PTH123 - read every second: pathlib costs more than the read
            fields = [int(field) for field in stream.readline().split()[1:9]]
    except FileNotFoundError:
        import psutil

        times = psutil.cpu_times()
        total = float(sum(times))
        return total - times.idle, total
    except PermissionError:  # Android shows it to nobody
        return 0.0, 0.0
    idle = fields[3] + fields[4]
    return float(sum(fields) - idle), float(sum(fields))
