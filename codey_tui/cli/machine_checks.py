"""What `codey doctor` asks the machine: Python, llama.cpp, memory, CPU, git, terminal."""

import os
import platform
import shutil
import subprocess
import sys

from codey_tui.cli.finding import Finding

MIB = 2**20
LLAMA_TIMEOUT_S = 60
QUICK_TIMEOUT_S = 5
# In a process of its own: loading the library costs time and memory, and a library built for another CPU dies on a signal.
_LLAMA = """
import json, llama_cpp
info = llama_cpp.llama_print_system_info().decode("utf-8", "replace")
print(json.dumps([llama_cpp.__version__, info]))
"""


def check_python() -> list[Finding]:
    """The interpreter."""
    version = platform.python_version()
    where = f"{version} ({sys.executable}, {platform.system()} {platform.machine()})"
    return [Finding("Python", "ok", where)]


def check_llama() -> list[Finding]:
    """The build of llama.cpp and the CPU features that it uses."""
    import json

    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _LLAMA],
            capture_output=True,
            text=True,
            timeout=LLAMA_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        hint = "Try again when the machine is less busy."
        return [Finding("llama.cpp", "bad", f"did not load within {LLAMA_TIMEOUT_S} s", hint)]
    if done.returncode != 0:
        why = done.stderr.strip().splitlines()[-1:] or [f"it ended with status {done.returncode}"]
        hint = "Install it again on this machine: pip install --force-reinstall --no-binary :all: llama-cpp-python"
        return [Finding("llama.cpp", "bad", f"cannot be loaded: {why[0]}", hint)]
    version, info = json.loads(done.stdout.strip().splitlines()[-1])
    features = [
        part.split("=")[0].strip() for part in info.replace(":", "|").split("|") if part.strip().endswith("= 1")
    ]
    return [
        Finding("llama.cpp", "ok", f"llama-cpp-python {version}"),
        Finding("CPU features", "ok", " ".join(features) or "none beyond the baseline"),
    ]


def check_memory() -> list[Finding]:
    """RAM as this process may use it."""
    from codey_tui.telemetry import Telemetry

    telemetry = Telemetry()
    available, total = telemetry.available_memory(), telemetry.total_memory
    value = f"{total // MIB} MiB, {available // MIB} MiB available"
    if available < 256 * MIB:
        return [Finding("memory", "warn", value, "Close something: little is left for a model.")]
    return [Finding("memory", "ok", value)]


def check_cpu() -> list[Finding]:
    """Cores and the sensor of their temperature."""
    from codey_tui.telemetry import Telemetry, physical_cores

    telemetry = Telemetry()
    degrees = telemetry.temperature()
    heat = f"{telemetry.thermal_source()}, {degrees:.0f} °C" if degrees is not None else "n/a"
    return [
        Finding("CPU cores", "ok", f"{physical_cores()} physical, {os.cpu_count() or 1} logical"),
        Finding("thermal source", "ok", heat),
    ]


def check_git() -> list[Finding]:
    """Git, which Codey can do without."""
    said = _first_line(["git", "--version"])
    if said is None:
        return [Finding("git", "warn", "not found", "Install git to see what changed; undo works without it.")]
    return [Finding("git", "ok", said)]


def check_terminal() -> list[Finding]:
    """The terminal that this command was typed into."""
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty() and not sys.stderr.isatty():
        return [Finding("terminal", "ok", f"none here (TERM={term or 'unset'})")]
    size = shutil.get_terminal_size()
    around = [
        name
        for name, variable in (
            ("tmux", "TMUX"),
            ("screen", "STY"),
            ("ssh", "SSH_CONNECTION"),
            ("Termux", "TERMUX_VERSION"),
        )
        if os.environ.get(variable)
    ]
    value = f"{term or 'TERM unset'}, {_colours(term)}, {size.columns}x{size.lines}{''.join(', ' + a for a in around)}"
    if term in ("", "dumb"):
        return [Finding("terminal", "warn", value, "Set TERM, for example to xterm-256color.")]
    if size.columns < 48 or size.lines < 20:
        return [Finding("terminal", "warn", value, "The workbench wants at least 48x20.")]
    return [Finding("terminal", "ok", value)]


def _colours(term: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in term else "16 colours"


def _first_line(command: list[str]) -> str | None:
    """What a program prints first; None when it is not there or does not answer."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=QUICK_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else None
