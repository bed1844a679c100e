"""Runs the programs that measure: each ends when the measurement does, however that ends."""

import json
import os
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from codey_tui.bench.turns import SILENCE_S, BenchFailed


@contextmanager
def program(command: Sequence[str], env: Mapping[str, str] | None = None) -> Generator["subprocess.Popen[str]"]:
    """A program whose output is read; `env` is added to the environment. Raises BenchFailed when it cannot be started."""
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **_way_here(), **(env or {})},
        )
    except OSError as error:
        raise BenchFailed(f"{command[0]} cannot be run: {error.strerror or error}.") from error
    with process:
        try:
            yield process
        finally:
            process.kill()


def run_json(command: Sequence[str], env: Mapping[str, str] | None = None) -> Any:
    """What a program prints as JSON. Raises BenchFailed with the last thing it said."""
    name = Path(command[0]).name
    with program(command, env) as process:
        try:
            out, said = process.communicate(timeout=SILENCE_S)
        except subprocess.TimeoutExpired:
            raise BenchFailed(f"{name} was not done within {SILENCE_S:g} s.") from None
    if process.returncode:
        words = [line.strip() for line in said.splitlines() if line.strip()] or [f"exit status {process.returncode}"]
        raise BenchFailed(f"The comparison came to nothing: {words[-1]}")
    try:
        return json.loads(out)
    except ValueError as error:
        raise BenchFailed(f"{name} printed no JSON ({error}).") from error


def _way_here() -> dict[str, str]:
    """How a Python started elsewhere finds this package where it is not installed."""
    root = Path(__file__).resolve().parents[2]
    if root.name in ("site-packages", "dist-packages"):
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))}
