"""Whether a program does what it should: it is imported and run in a process of its own, and its table's assertions must hold."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from models.nano import phrases

SECONDS = 30
"""How long one program may run; most need milliseconds, the countdown counts its seconds."""

_HARNESS = """
import importlib.util, subprocess, sys
def raises(kind, call, *args, **named):
    try:
        call(*args, **named)
    except kind as error:
        assert str(error).endswith("."), "the error is no sentence"
        return
    raise AssertionError(f"{call} took {args}")
def run(*args, stdin=""):
    command = [sys.executable, "-I", sys.argv[1], *map(str, args)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr
code, output, _ = run()
output = output if code == 0 else ""
spec = importlib.util.spec_from_file_location("made", sys.argv[1])
m = importlib.util.module_from_spec(spec)
sys.modules["made"] = m
spec.loader.exec_module(m)
f = getattr(m, sys.argv[2]) if sys.argv[2] else None
"""


def complaint(name: str, source: str, main: str = "") -> str:
    """Runs `source` as the program `name`, whose main function or class is called `main` (by default as the table says):
    "" if it is right, else the last line of the error.
    """
    entry = phrases.programs()[name]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as work:
        path = Path(folder) / "made.py"
        path.write_text(source, "utf-8")
        command = [sys.executable, "-I", "-c", _HARNESS + entry["check"], str(path), main or entry["main"]]
        env = {"PATH": os.environ.get("PATH", ""), "HOME": work, "LANG": "C.UTF-8"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=work, env=env
            )
        except subprocess.TimeoutExpired:
            return f"still running after {SECONDS} s"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no message"])[-1]
