"""What opening the workbench costs: CPU to the first picture against a bare Textual app, CPU while nothing happens, and
what `codey --help` imports.

`python -m codey_tui.bench.startup [--json FILE]`. The two apps are started in turn, so that a busy machine slows both.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from codey_tui.bench.pty import Pty
from codey_tui.bench.stage import MARK, bare_app, engine, workbench

RATIO_LIMIT = 1.6
IDLE_LIMIT = 0.01
SLOW_IMPORTS = ("textual", "llama_cpp", "fastapi")
COLUMNS, ROWS = 80, 24
_SETTLE = 3.0  # seconds between the first picture and the idle measurement
_IMPORTED = re.compile(r"^import time:\s*\d+ \|\s*\d+ \|\s*(\S+)$", re.MULTILINE)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians. CPU in seconds, idle as a share of one core, memory in bytes."""

    bare_cpu: float
    workbench_cpu: float
    ratio: float
    idle: float
    rss: int
    help_imports: tuple[str, ...]


class _Marked:
    """Notes when the mark was painted."""

    def __init__(self) -> None:
        self.tail = b""
        self.seen = False

    def __call__(self, data: bytes) -> None:
        self.tail = self.tail[-64:] + data
        self.seen = self.seen or MARK.encode() in self.tail


def _first_picture(terminal: Pty, marked: _Marked) -> float:
    """CPU seconds of the process until it has painted."""
    if not terminal.until(lambda: marked.seen, timeout=30.0):
        raise TimeoutError(f"nothing was painted within 30 s; the output was {marked.tail!r}")
    return terminal.cpu_seconds()


def bare() -> float:
    """CPU seconds of the smallest Textual app to its first picture."""
    marked = _Marked()
    with bare_app(columns=COLUMNS, rows=ROWS, on_output=marked) as terminal:
        return _first_picture(terminal, marked)


def full(socket: Path, workspace: Path) -> float:
    """CPU seconds of the workbench to its first picture."""
    marked = _Marked()
    with workbench(socket, workspace, columns=COLUMNS, rows=ROWS, on_output=marked) as terminal:
        return _first_picture(terminal, marked)


def idle(socket: Path, workspace: Path, seconds: float) -> tuple[float, int]:
    """Share of a core that the workbench takes with its gauges on and nothing to do, and its memory."""
    marked = _Marked()
    with workbench(socket, workspace, columns=COLUMNS, rows=ROWS, on_output=marked) as terminal:
        _first_picture(terminal, marked)
        terminal.pump_for(_SETTLE)
        before = terminal.cpu_seconds()
        terminal.pump_for(seconds)
        return (terminal.cpu_seconds() - before) / seconds, terminal.rss()


def help_imports() -> tuple[str, ...]:
    """Which of the slow packages `codey --help` imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "codey_tui", "--help"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError(f"`codey --help` failed: {done.stderr.strip().splitlines()[-1]}")
    packages = {name.partition(".")[0] for name in _IMPORTED.findall(done.stderr)}
    return tuple(name for name in SLOW_IMPORTS if name in packages)


def measure(runs: int, idle_seconds: float) -> Figures:
    """All figures. Raises TimeoutError or RuntimeError with a sentence when something does not start."""
    with engine(0, 1.0) as (socket, workspace):
        for warm in (bare, lambda: full(socket, workspace)):  # the caches of the file system and of compiled modules
            warm()
        pairs = [(bare(), full(socket, workspace)) for _ in range(runs)]
        share, rss = idle(socket, workspace, idle_seconds)
    return Figures(
        bare_cpu=statistics.median(pair[0] for pair in pairs),
        workbench_cpu=statistics.median(pair[1] for pair in pairs),
        ratio=statistics.median(pair[1] / pair[0] for pair in pairs),
        idle=share,
        rss=rss,
        help_imports=help_imports(),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--idle", type=float, default=15.0, help="seconds of idling")
    options = parser.parse_args(arguments)
    figures = measure(options.runs, options.idle)
    held = {
        f"start-up CPU <= {RATIO_LIMIT} x bare": figures.ratio <= RATIO_LIMIT,
        f"idle CPU <= {IDLE_LIMIT:.0%}": figures.idle <= IDLE_LIMIT,
        f"codey --help imports none of {', '.join(SLOW_IMPORTS)}": not figures.help_imports,
    }
    sys.stdout.write(
        f"first picture: {figures.workbench_cpu * 1e3:.0f} ms CPU, bare app {figures.bare_cpu * 1e3:.0f} ms, "
        f"ratio {figures.ratio:.2f}\nidle: {figures.idle:.2%} of a core, {figures.rss / 2**20:.1f} MiB\n"
    )
    sys.stdout.write("".join(f"{'held' if ok else 'NOT HELD'}: {what}\n" for what, ok in held.items()))
    text = json.dumps({"figures": msgspec.to_builtins(figures), "held": held}, indent=1) + "\n"
    if options.json is not None:
        options.json.write_text(text)
    else:
        sys.stdout.write(text)
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
