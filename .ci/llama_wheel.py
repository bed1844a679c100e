"""Compiles llama-cpp-python into a wheel, once per machine: shows how far it is, goes on where a stop left it, and keeps
the result in the user's cache folder, so that the next checkout installs it in a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

NO_COMPILER = (
    "Codey compiles llama.cpp and finds no C and C++ compiler: install one "
    "(Debian, Ubuntu: `apt-get install build-essential`; Fedora: `dnf install gcc-c++`; Alpine: `apk add build-base`; "
    "macOS: `xcode-select --install`; Termux: `pkg install clang cmake ninja`) and run the same command again."
)
STEP = re.compile(r"\[\s*(\d+)(?:/(\d+)|%)\]")  # Ninja counts steps, Make shows per cent
TAIL_LINES = 25
PIPS_WORDS = "error: subprocess-exited-with-error"  # after these comes nothing of the compiler's
KILLED = "Killed signal"  # the compiler's words when memory ran out: what was compiled until then is good


class SetupError(Exception):
    """The set-up cannot go on; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Build:
    """One way to compile one release on this kind of CPU. `key` names it in the cache."""

    requirement: str
    arguments: str
    key: str
    folder: Path

    @classmethod
    def plan(cls, requirement: str, include: Path) -> Build:
        """The build of the locked `requirement` (with its hashes); `include` is the CMake file with the fast switches.
        CMAKE_ARGS of the environment come last and so win."""
        switches = "-DLLAVA_BUILD=OFF"
        own = os.environ.get("CMAKE_ARGS", "")
        parts = [requirement, switches, own, include.read_text("utf-8"), sys.platform, *platform.libc_ver(), cpu()]
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        arguments = f"{switches} -DCMAKE_PROJECT_llama.cpp_INCLUDE={include} {own}".strip()
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(requirement, arguments, key, cache / "codey" / "wheels" / key)

    def wheel(self) -> Path | None:
        """The finished wheel, None where there is none yet."""
        return next(iter(sorted(self.folder.glob("*.whl"))), None)

    def forget(self) -> None:
        """Drop this build from the cache."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, python: Path) -> None:
        """Fetch, compile and keep the wheel; `python` is the environment whose pip and scikit-build-core do it.
        Raises SetupError with the end of the compiler's log."""
        if not (os.environ.get("CC") or find("cc", "gcc", "clang")) or not (
            os.environ.get("CXX") or find("c++", "g++", "clang++")
        ):
            raise SetupError(NO_COMPILER)
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.wheel() is None:
                self._compile(python, self._source(python), lock)
        finally:
            os.close(lock)

    def _source(self, python: Path) -> Path:
        """The unpacked source archive: it stays where it is until the wheel is done, so that a compile can go on."""
        source = self.folder / "source"
        if not source.is_dir():
            print("Fetching the source of llama.cpp ...", flush=True)
            fresh = self.folder / "fetching"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            wanted = fresh / "requirement.txt"
            wanted.write_text(self.requirement + "\n", "utf-8")
            flags = ["--quiet", "--no-deps", "--no-build-isolation", "--no-binary=:all:", "--require-hashes"]
            command = [str(python), "-m", "pip", "download", *flags, "-d", str(fresh), "-r", str(wanted)]
            if subprocess.run(command, check=False).returncode:
                raise SetupError(
                    "The source of llama-cpp-python could not be fetched: check the network, run it again."
                )
            archive = next(fresh.glob("*.tar.gz"))
            shutil.unpack_archive(archive, fresh / "unpacked")
            next((fresh / "unpacked").iterdir()).rename(source)
            shutil.rmtree(fresh)
        return source

    def _compile(self, python: Path, source: Path, lock: int) -> None:
        """Compile with pip, its output in a log and one moving line on the screen."""
        print("Compiling llama.cpp for this CPU. This takes minutes, once per machine.", flush=True)
        out, objects, log = self.folder / "out", self.folder / "objects", self.folder / "build.log"
        flags = ["--verbose", "--no-deps", "--no-build-isolation", "--no-cache-dir", f"-Cbuild-dir={objects}"]
        command = [str(python), "-m", "pip", "wheel", *flags, "--wheel-dir", str(out), str(source)]
        path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {**os.environ, "PATH": path, "CMAKE_ARGS": self.arguments}
        if follow(command, environment, log, lock):
            text = log.read_text("utf-8", "replace")
            if KILLED not in text:
                shutil.rmtree(objects, ignore_errors=True)  # a broken configuration must not spoil the next try
            told = text.partition(PIPS_WORDS)[0] or text
            tail = "\n".join(told.splitlines()[-TAIL_LINES:])
            raise SetupError(f"{tail}\nllama.cpp did not compile: the end of the log is above, all of it in {log}.")
        made = next(out.glob("*.whl"))
        made.rename(self.folder / made.name)
        for folder in (source, objects, out):
            shutil.rmtree(folder, ignore_errors=True)


def follow(command: list[str], environment: dict[str, str], log: Path, lock: int) -> int:
    """Run the command with its output in `log` and its progress on the screen; returns its exit status. The command
    inherits the file descriptor `lock`, so that nobody builds beside what a killed set-up left running."""
    meter = Meter()
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=(lock,),
        )
        try:
            for line in process.stdout or ():
                file.write(line)
                meter.show(progress(line))
            return process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
            meter.end()


class Meter:
    """One moving line on a terminal, a line for every ten per cent elsewhere."""

    def __init__(self) -> None:
        self._started, self._shown, self._live = time.monotonic(), -10, sys.stdout.isatty()

    def show(self, percent: int | None) -> None:
        if percent is None or not (self._live or percent >= self._shown + 10):
            return
        self._shown = percent
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        text = f"  llama.cpp {percent:3d}%  {minutes}:{seconds:02d}"
        print(f"\r{text}\x1b[K" if self._live else text, end="" if self._live else "\n", flush=True)

    def end(self) -> None:
        if self._live:
            print(flush=True)


def progress(line: str) -> int | None:
    """Per cent done, from one line of Ninja's or Make's output; None where the line tells nothing."""
    step = STEP.search(line)
    if step is None:
        return None
    done, total = step.groups()
    return int(done) * 100 // max(1, int(total)) if total else int(done)


def find(*programs: str) -> bool:
    """Whether one of the programs is on PATH."""
    return any(shutil.which(program) for program in programs)


def cpu() -> str:
    """The machine's architecture and instruction sets: a wheel is compiled for exactly these."""
    text = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", info.read_text("utf-8", "replace"), re.MULTILINE)
        text += " " + (" ".join(sorted(flags.group(1).split())) if flags else "")
    return text
