"""Runs `codey` as a person's shell would: in a process of its own, from this checkout, with nothing on standard input."""

import os
import pty
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


def codey_at_a_terminal(*args: str, answers: str, cwd: Path) -> tuple[int, str]:
    """Run it to its end at a terminal on which `answers` are typed; the exit status and all that the terminal showed."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        command(*args), cwd=cwd, env=environment(), stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    os.write(main, answers.encode())
    said = b""
    try:
        while data := os.read(main, 4096):
            said += data
    except OSError:
        pass  # Linux says so when the other end of a terminal is closed
    os.close(main)
    return process.wait(60), said.decode()
