"""Runs the programs that measure: each ends when the measurement does, however that ends."""

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from codey_tui.bench.turns import SILENCE_S, BenchFailed


@contextmanager
def program(
    command: Sequence[str], env: Mapping[str, str] | None = None, stderr: IO[bytes] | int = subprocess.PIPE
) -> Generator["subprocess.Popen[str]"]:
    """A program whose output is read; `env` is added to the environment. Raises BenchFailed when it cannot be started."""
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
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
        raise BenchFailed(f"The comparison came to nothing: {_last_words(said, process.returncode)}")
    try:
        return json.loads(out)
    except ValueError as error:
        raise BenchFailed(f"{name} printed no JSON ({error}).") from error


def read_json_lines(
    command: Sequence[str], env: Mapping[str, str] | None = None, *, silence_s: float = SILENCE_S
) -> Generator[dict[str, Any]]:
    """The JSON objects that a program prints, one a line; other lines, which a library may have put there, are passed over.
    Raises BenchFailed when nothing is heard for `silence_s` seconds, and with the last thing it said when it fails."""
    name = Path(command[0]).name
    # a file: into a pipe that is not read meanwhile the program could come to write no further
    with tempfile.TemporaryFile() as said:
        with program(command, env, said) as process:
            heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
            assert process.stdout is not None
            threading.Thread(target=_hear, args=(process.stdout, heard), daemon=True).start()
            try:
                while (line := heard.get(timeout=silence_s)) is not None:
                    if (told := _object(line)) is not None:
                        yield told
                process.wait(silence_s)
            except (queue.Empty, subprocess.TimeoutExpired):
                raise BenchFailed(f"Nothing was heard of {name} for {silence_s:g} s.") from None
        if process.returncode:
            said.seek(0)
            raise BenchFailed(_last_words(said.read().decode("utf-8", "replace"), process.returncode))


def _object(line: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _hear(lines: Iterable[str], heard: "queue.SimpleQueue[str | None]") -> None:
    for line in lines:
        heard.put(line)
    heard.put(None)


def _last_words(said: str, status: int) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), f"exit status {status}")


def _way_here() -> dict[str, str]:
    """How a Python started elsewhere finds this package where it is not installed."""
    root = Path(__file__).resolve().parents[2]
    if root.name in ("site-packages", "dist-packages"):
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))}
