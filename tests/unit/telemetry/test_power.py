"""The battery, from a folder like that of sysfs and from small programs like that of Termux."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codey_tui.telemetry import Telemetry
from codey_tui.telemetry.power import TERMUX, Power, SysfsBattery, TermuxBattery, find_power

ANSWER = '{"health": "GOOD", "percentage": 12, "plugged": "%s", "status": "%s", "temperature": 31.2, "current": -200}'


def program(folder: Path, body: str) -> str:
    """A program that counts its calls in the file `calls`."""
    path = folder / TERMUX
    path.write_text(f"#!/bin/sh\necho x >> {folder}/calls\n{body}\n")
    path.chmod(0o755)
    return str(path)


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text().splitlines()) if (folder / "calls").exists() else 0


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("status", "charging"),
    [("Discharging", False), ("Charging", True), ("Full", True), ("Not charging", True), ("Unknown", None), ("", None)],
)
def test_sysfs(tmp_path: Path, status: str, charging: bool | None) -> None:
    folder = tmp_path / "class/power_supply/BAT0"
    folder.mkdir(parents=True)
    for name, text in (("type", "Battery"), ("capacity", "9"), ("status", status)):
        (folder / name).write_text(text + "\n")
    gauges = Telemetry(sys=tmp_path, search_path="").gauges(0, 0)
    assert (gauges.battery_percent, gauges.charging) == (9.0, charging)
    (folder / "capacity").unlink()
    assert SysfsBattery(folder).read() == Power()


@pytest.mark.parametrize(
    ("plugged", "status", "charging"),
    [
        ("UNPLUGGED", "DISCHARGING", False),
        ("PLUGGED_AC", "CHARGING", True),
        ("", "DISCHARGING", False),
        ("", "UNKNOWN", None),
    ],
)
def test_termux(tmp_path: Path, plugged: str, status: str, charging: bool | None) -> None:
    program(tmp_path, f"echo '{ANSWER % (plugged, status)}'")
    battery = find_power(tmp_path, str(tmp_path))
    assert isinstance(battery, TermuxBattery)
    assert battery.read() == Power(), "nobody waits for the first answer"
    wait_for(lambda: battery.read() == Power(12.0, charging))
    for _ in range(50):
        battery.read()
    assert calls(tmp_path) == 1


def test_termux_is_asked_again_when_it_is_due(tmp_path: Path) -> None:
    now = 0.0
    battery = TermuxBattery(program(tmp_path, f"echo '{ANSWER % ('UNPLUGGED', 'DISCHARGING')}'"), clock=lambda: now)
    battery.read()
    wait_for(lambda: battery.read().percent)
    now = 59.0
    battery.read()
    assert calls(tmp_path) == 1
    now = 61.0
    wait_for(lambda: battery.read() and calls(tmp_path) == 2)


@pytest.mark.parametrize("body", ["echo nonsense", "exit 3", "echo '[]'"])
def test_a_program_that_says_nothing_of_use(tmp_path: Path, body: str) -> None:
    battery = TermuxBattery(program(tmp_path, body), every_s=0.0)
    battery.read()
    wait_for(lambda: battery.read() == Power() and calls(tmp_path) >= 2)


def test_a_program_that_hangs_is_ended_and_not_asked_again(tmp_path: Path) -> None:
    body = f"sleep 600 & echo $! > {tmp_path}/sleeper; wait"
    battery = TermuxBattery(program(tmp_path, body), every_s=0.0, timeout_s=1.0)
    started = time.monotonic()
    battery.read()
    assert time.monotonic() - started < 1, "reading does not wait for the program"
    wait_for(lambda: (tmp_path / "sleeper").exists() and (tmp_path / "sleeper").read_text())
    sleeper = Path(f"/proc/{int((tmp_path / 'sleeper').read_text())}")
    wait_for(lambda: not sleeper.exists() or b"sleep" not in (sleeper / "cmdline").read_bytes())
    wait_for(lambda: battery._due == float("inf"))  # pyright: ignore[reportPrivateUsage]
    battery.read()
    assert calls(tmp_path) == 1


def test_no_battery(tmp_path: Path) -> None:
    assert find_power(tmp_path, str(tmp_path)) is None
