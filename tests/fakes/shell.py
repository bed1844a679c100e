"""Runs `codey` as a person's shell would: in a process of its own, from this checkout, with nothing on standard input."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sealed environment of the test, with a way to this checkout and what the test adds."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}


def command(*args: str) -> list[str]:
    """The command line of `codey`."""
    return [sys.executable, "-P", "-m", "codey_tui", *args]


def codey(
    *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, **options: Any
) -> "subprocess.CompletedProcess[Any]":
    """Run it to its end; `options` are those of `subprocess.run`."""
    usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 120}
    if "input" not in options:
        usual["stdin"] = subprocess.DEVNULL
    return subprocess.run(command(*args), cwd=cwd or Path.home(), env=environment(env), **(usual | options))
