"""Sensors of the system, where it tells them: the temperature of the CPU, and where the battery is; found once, then read cheaply."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

# drivers of CPU sensors, the best first; names from the kernel's Documentation/hwmon
_DRIVERS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "scpi_sensors", "soc_thermal")
_LABELS = ("package id 0", "tctl", "tdie")
_ZONES = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal")
_PLAUSIBLE = (-20.0, 130.0)
"""Degrees Celsius that a working sensor of a CPU can tell; some zones answer 0 or -273 when they are off."""


class Sensor(msgspec.Struct, frozen=True):
    """A file that holds a number, what one unit of it is worth, and the name that people know it by."""

    path: Path
    scale: float
    name: str

    def read(self) -> float | None:
        """The number, None where the sensor went away or says nothing."""
        text = text_of(self.path)
        try:
            return float(text) * self.scale
        except ValueError:
            return None


def find_temperature(sys: Path = Path("/sys")) -> Sensor | None:
    """The sensor nearest to the CPU below `sys`, None where the system has none."""
    for sensor in [*_hardware_monitors(sys), *_thermal_zones(sys)]:
        value = sensor.read()
        if value is not None and _PLAUSIBLE[0] < value < _PLAUSIBLE[1] and value != 0:
            return sensor
    return None


def battery_folder(sys: Path = Path("/sys")) -> Path | None:
    """The folder of the machine's own battery (not of a mouse), None where there is none."""
    for supply in _sorted(sys / "class/power_supply"):
        own = text_of(supply / "scope").lower() != "device"
        if text_of(supply / "type").lower() == "battery" and own and text_of(supply / "capacity"):
            return supply
    return None


def _hardware_monitors(sys: Path) -> list[Sensor]:
    ranked: list[tuple[int, int, Sensor]] = []
    for monitor in _sorted(sys / "class/hwmon"):
        driver = text_of(monitor / "name")
        if driver not in _DRIVERS:
            continue
        for value in sorted(monitor.glob("temp*_input")):
            label = text_of(value.with_name(value.name.replace("_input", "_label"))).lower()
            rank = _LABELS.index(label) if label in _LABELS else len(_LABELS)
            name = f"hwmon {driver} {label}".strip()
            ranked.append((_DRIVERS.index(driver), rank, Sensor(value, 0.001, name)))
    return [sensor for _, _, sensor in sorted(ranked, key=lambda item: item[:2])]


def _thermal_zones(sys: Path) -> list[Sensor]:
    """Zones of the CPU first. A zone of something else is not taken for the CPU's."""
    named = [
        (zone, text_of(zone / "type"))
        for zone in _sorted(sys / "class/thermal")
        if zone.name.startswith("thermal_zone")
    ]
    exact = [(zone, kind) for wanted in _ZONES for zone, kind in named if kind == wanted]
    likely = [(zone, kind) for zone, kind in named if "cpu" in kind.lower() or kind in ("acpitz", "mtktscpu")]
    return [Sensor(zone / "temp", 0.001, f"thermal zone {kind}") for zone, kind in [*exact, *likely]]


def _sorted(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # no such class of devices here, or not for us to see
        return []


def text_of(path: Path) -> str:
    """The text of a small system file, empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:  # sensors come and go, and some refuse while the device sleeps
        return ""
