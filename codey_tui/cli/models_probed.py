"""`codey models probe`: measures how a model runs best on this machine and keeps it for the next load."""

import os
import sys
from contextlib import closing
from pathlib import Path

import click
import msgspec

from codey_tui.bench.running import read_json_lines
from codey_tui.bench.turns import SILENCE_S, BenchFailed
from codey_tui.cli.benched import Progress, ended_early, find_measured
from codey_tui.cli.failure import FAILED, say_error
from codey_tui.cli.models_shown import own_settings, print_json
from codey_tui.cli.terminal import plain
from codey_tui.inference.footprint import forecast
from codey_tui.inference.gguf import GgufInfo, inspect
from codey_tui.inference.ladder import Room, mb
from codey_tui.inference.probed import Probe
from codey_tui.inference.process import waits
from codey_tui.inference.shape import shape_of
from codey_tui.telemetry.machine import available_memory, physical_cores
from codey_tui.tuning import probes_here, threads

PROBER = "codey_tui.inference.probing"
_CONTEXTS, _DEPTH = 3, 1536
"""How many contexts are open at once, each with buffers of its own, and the tokens of the deepest."""
_FLASH = {
    True: "Flash attention generates as quickly as the other way and takes less memory, so it is always on.",
    False: "It generates faster without flash attention, which is on only where the other way would take too much memory.",
    None: "It is too slow here to find out in the time what flash attention does; it is on where memory is short.",
}


def probe_model(name: str | None, *, seconds: float, as_json: bool) -> int:
    """Measure, keep, print. Nothing is kept of a measurement that was ended early."""
    paths, _ = own_settings({"model": name})
    measured = find_measured({"model": name})
    info = inspect(measured.path)
    if short := _too_large(info):
        say_error(f"{measured.title} {short}")
        return FAILED
    busy = _busy()
    progress = Progress()
    try:
        with ended_early():
            found = _measure(str(measured.path), seconds, progress)
    except BenchFailed as error:
        say_error(str(error))
        return FAILED
    finally:
        progress.end()
    probes_here(paths).put(info, found)
    if busy:
        click.echo("Other programs kept this machine busy meanwhile; measure again when they rest.", err=True)
    if as_json:
        return print_json({"model": measured.title, **msgspec.to_builtins(found)})
    _show(measured.title, found)
    return 0


def _too_large(info: GgufInfo) -> str:
    """Why a model cannot be measured now; empty when it can."""
    wanted = forecast(shape_of(info), _DEPTH, flash=False)
    needed = wanted.total + (_CONTEXTS - 1) * (wanted.kv + wanted.compute)
    room = Room(available=available_memory())
    return "" if room.holds(needed) else f"takes {mb(needed)} to be measured, and {mb(room.available)} are available."


def _measure(path: str, seconds: float, progress: Progress) -> Probe:
    """Run the prober. Raises BenchFailed."""
    command = [sys.executable, "-P", "-m", PROBER, path, "--seconds", str(seconds), "--cores", str(_cores())]
    # as the model's own process runs, see `inference.process`
    env = {**waits(Path(path)), "GGML_NO_BACKTRACE": "1"}
    with closing(read_json_lines(command, env, silence_s=SILENCE_S + seconds)) as lines:
        for told in lines:
            if "found" in told:
                return msgspec.convert(told["found"], Probe)
            progress(f"{told['what']}, round {told['round']} of {told['rounds']}")
    raise BenchFailed("The measurement ended without a result.")


def _busy() -> bool:
    """Whether others want more than a quarter of the cores, so that the figures say little of the machine."""
    return os.getloadavg()[0] > 0.25 * _cores()


def _cores() -> int:
    """Threads that are worth trying at most: more than the cores only where the machine has hardware threads."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, 2 * physical_cores())


def _show(title: str, found: Probe) -> None:
    click.echo(plain(f"{title} on this machine, in tokens per second:"))
    what = ""
    for speed in found.speeds:
        if speed.what != what:
            what = speed.what
            click.echo(f"\n  {what}")
        parts = [
            f"{rate:9,.1f} {kind}"
            for kind, rate in (("prompt", speed.prompt), ("generation", speed.generation))
            if rate
        ]
        click.echo(f"    {speed.value:24} {'  '.join(parts)}")
    click.echo(
        f"\nFrom its next load on it reads prompts with {threads(found.threads_prompt)}, generates with "
        f"{threads(found.threads_generation)} and has batches of {found.n_batch}, where your settings do not say otherwise. "
        f"{_FLASH[found.flash]} The kind of KV cache is yours to choose (`kv_type`)."
    )
