"""Readings of the real machine against what psutil says, and sensors of a made-up one."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from codey_tui.telemetry import Telemetry, physical_cores, total_memory

USE_MEMORY = "x = bytearray(64 << 20); print('ready', flush=True); input()"


def sensor(root: Path, folder: str, **files: str) -> None:
    place = root / "class" / folder
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_text(content + "\n")


def test_cores_and_memory_are_plausible() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
    assert 64 << 20 < total_memory() <= psutil.virtual_memory().total


def test_cores_follow_the_affinity() -> None:
    script = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); from codey_tui.telemetry import physical_cores; print(physical_cores())"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "1\n"


def test_memory_of_a_process_and_its_children() -> None:
    telemetry = Telemetry()
    with subprocess.Popen([sys.executable, "-c", USE_MEMORY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert telemetry.rss(child.pid) == pytest.approx(psutil.Process(child.pid).memory_info().rss, rel=0.1)
        assert telemetry.rss(child.pid) > 64 << 20
        own = telemetry.rss(os.getpid())
        assert telemetry.tree_rss(os.getpid()) >= own + (64 << 20)
        child.communicate(b"\n")
    assert telemetry.rss(child.pid) == 0
    assert telemetry.tree_rss(child.pid) == 0


def test_gauges_of_this_machine() -> None:
    telemetry = Telemetry()
    gauges = telemetry.gauges(models_rss=7, budget=9)
    assert (gauges.models_rss, gauges.budget) == (7, 9)
    assert gauges.engine_rss > 1 << 20
    assert 0 <= gauges.cpu_percent <= 100
    assert 0 < telemetry.available_memory() <= telemetry.total_memory
    assert (gauges.temperature is None) == (telemetry.thermal_source() == "none")


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    telemetry = Telemetry(sys=tmp_path)
    assert (telemetry.temperature(), telemetry.battery(), telemetry.thermal_source()) == (None, None, "none")


def test_the_sensor_of_the_cpu_is_chosen(tmp_path: Path) -> None:
    sensor(tmp_path, "thermal/thermal_zone0", type="acpitz", temp="27800")
    sensor(tmp_path, "hwmon/hwmon0", name="nvme", temp1_input="31000")
    sensor(
        tmp_path,
        "hwmon/hwmon1",
        name="coretemp",
        temp1_input="61000",
        temp1_label="Package id 0",
        temp2_input="59000",
        temp2_label="Core 0",
    )
    telemetry = Telemetry(sys=tmp_path)
    assert telemetry.temperature() == 61.0
    assert telemetry.thermal_source() == "hwmon coretemp package id 0"


def test_a_phone(tmp_path: Path) -> None:
    sensor(tmp_path, "thermal/thermal_zone0", type="battery", temp="30000")
    sensor(tmp_path, "thermal/thermal_zone1", type="cpu-0-0-usr", temp="0")
    sensor(tmp_path, "thermal/thermal_zone2", type="cpu-1-0-usr", temp="44300")
    sensor(tmp_path, "power_supply/battery", type="Battery", capacity="81")
    sensor(tmp_path, "power_supply/mouse", type="Battery", capacity="12", scope="Device")
    telemetry = Telemetry(sys=tmp_path)
    assert telemetry.temperature() == pytest.approx(44.3)
    assert telemetry.thermal_source() == "thermal zone cpu-1-0-usr"
    assert telemetry.battery() == 81.0


def test_a_sensor_that_goes_away(tmp_path: Path) -> None:
    sensor(tmp_path, "thermal/thermal_zone0", type="x86_pkg_temp", temp="50000")
    telemetry = Telemetry(sys=tmp_path)
    assert telemetry.temperature() == 50.0
    (tmp_path / "class/thermal/thermal_zone0/temp").unlink()
    assert telemetry.temperature() is None
