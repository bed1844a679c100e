"""Charge of the battery and whether it is being charged: from sysfs, from Termux on Android, from psutil where there is neither."""

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from codey_tui.telemetry.sensors import battery_folder, text_of

log = logging.getLogger(__name__)
TERMUX = "termux-battery-status"
EVERY_S = 60.0
"""How often Android is asked: an answer costs it a good part of a second."""
TIMEOUT_S = 15.0
# The program is a shell script that finds the rest of Termux by these.
_PASSED_ON = ("PATH", "HOME", "PREFIX", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "TERMUX_VERSION")


class Power(msgspec.Struct, frozen=True):
    """`percent` is the charge, `charging` whether it grows or is held by a cable; None where nobody tells."""

    percent: float | None = None
    charging: bool | None = None


class _Answer(msgspec.Struct):
    """What the program of Termux prints, as far as it matters here."""

    percentage: float
    status: str = ""
    plugged: str = ""


class SysfsBattery:
    """A battery that the kernel shows as a folder of small files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Power:
        """The charge now."""
        try:
            percent = float(text_of(self._folder / "capacity"))
        except ValueError:
            return Power()  # taken out, or silent while the device sleeps
        status = text_of(self._folder / "status").lower()
        known = {"discharging": False, "charging": True, "full": True, "not charging": True}
        return Power(percent, known.get(status))


class TermuxBattery:
    """Asks `program` in a thread of its own, at most every `every_s` seconds; a reading never waits for it. Where the app
    that should answer is missing, the program hangs: then it is not asked again."""

    def __init__(
        self,
        program: str,
        *,
        every_s: float = EVERY_S,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._program = program
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._env = {name: env[name] for name in _PASSED_ON if name in env}
        self._latest = Power()
        self._due = float("-inf")
        self._asking = threading.Lock()

    def read(self) -> Power:
        """The last answer; nothing known before the first."""
        now = self._clock()
        if now >= self._due and self._asking.acquire(blocking=False):
            self._due = now + self._every_s
            threading.Thread(target=self._ask, name="battery", daemon=True).start()
        return self._latest

    def _ask(self) -> None:
        try:
            self._latest = self._answer()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            log.warning("%s said nothing of use: %s", self._program, error)
            self._latest = Power()
        except subprocess.TimeoutExpired:
            log.warning("%s did not answer within %g s and is not asked again.", self._program, self._timeout_s)
            self._latest, self._due = Power(), float("inf")
        finally:
            self._asking.release()

    def _answer(self) -> Power:
        process = subprocess.Popen(
            [self._program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._env,
            start_new_session=True,
        )
        with process:
            try:
                output, _ = process.communicate(timeout=self._timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the script waits for a program of its own
                raise
        found = msgspec.json.decode(output, type=_Answer)
        if not found.plugged:
            return Power(found.percentage, {"DISCHARGING": False, "CHARGING": True, "FULL": True}.get(found.status))
        return Power(found.percentage, found.plugged != "UNPLUGGED")


class PsutilBattery:
    """Where there is no sysfs at all, such as on macOS."""

    def read(self) -> Power:
        """The charge now."""
        import psutil

        read = getattr(psutil, "sensors_battery", None)
        found = read() if read is not None else None
        return Power() if found is None else Power(float(found.percent), found.power_plugged)


Battery = SysfsBattery | TermuxBattery | PsutilBattery


def find_power(sys: Path, search_path: str | None = None) -> Battery | None:
    """What tells the battery's charge; None where there is no battery. `search_path` is where programs are looked for."""
    folder = battery_folder(sys)
    if folder is not None:
        return SysfsBattery(folder)
    program = shutil.which(TERMUX, path=search_path)
    if program is not None:
        return TermuxBattery(program)
    return None if sys.is_dir() else PsutilBattery()
