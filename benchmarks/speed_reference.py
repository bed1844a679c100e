"""Codey against llama.cpp's own benchmark tool on a model of a true shape: `python -m benchmarks.speed_reference --shape 0.5b`.

Writes the model as a sparse file, then runs `codey bench speed` on it with a screen attached: once with threads of llama-bench that sleep
while they wait, as Codey's do, and once with threads that spin, as it is shipped. Exits 1 when a ratio is below its limit against
the quicker of the two. `--reference` names llama-bench (`python -m benchmarks.reference` builds it); without it the bare loop is taken.
Nothing else may run meanwhile; the 7B shape takes about seven minutes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.fakes.shape_gguf import SHAPES, write_shape_gguf

NAMES = {"0.5b": "qwen2-0.5b", "1.5b": "qwen2-1.5b", "7b": "qwen2-7b"}
GENERATION_LIMITS = {"0.5b": 0.90, "1.5b": 0.90, "7b": 0.97}
PROMPT_LIMIT = 0.95
ROUNDS = {"0.5b": 5, "1.5b": 3, "7b": 2}
"""Of each way to wait, so that all of it takes about seven minutes at most on two cores."""
SECONDS = {"0.5b": 4, "1.5b": 4, "7b": 12}
"""Of each generation: a 7B model says ten tokens in four seconds, which is luck more than a rate."""


def measure(model: Path, reference: str, rounds: int, seconds: int, *, spin: bool) -> dict[str, Any]:
    """The report of `codey bench speed`. Raises CalledProcessError; what it said is on standard error."""
    command = [sys.executable, "-m", "codey_tui", "bench", "speed", "--model", str(model), "--rounds", str(rounds)]
    command += ["--seconds", str(seconds), "--json"]
    command += [*(["--reference", reference] if reference else []), *(["--spin"] if spin else [])]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def held(report: dict[str, Any], shape: str) -> bool:
    """Print the ratios; whether both are within their limits."""
    fine = True
    waits = "spins" if report["setup"]["spin"] else "sleeps"
    for what, limit in (("prompt", PROMPT_LIMIT), ("generation", GENERATION_LIMITS[shape])):
        ratio, ours, theirs = (
            report[name] for name in (f"{what}_ratio", f"codey_{what}_tokens_per_s", f"reference_{what}_tokens_per_s")
        )
        ok = ratio["median"] >= limit
        fine = fine and ok
        print(
            f"{shape} {what:10} Codey {ours['median']:8.2f} tok/s  {report['reference']} (waits: {waits}) "
            f"{theirs['median']:8.2f} tok/s  ratio {ratio['median']:.3f} ({ratio['least']:.3f}-{ratio['most']:.3f})  "
            f"{'held' if ok else 'NOT HELD'}: >= {limit}",
            flush=True,
        )
    return fine


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=sorted(NAMES), default="0.5b")
    parser.add_argument("--reference", default="", help="llama-bench; by default that on PATH, else the bare loop")
    parser.add_argument("--rounds", type=int, default=0, help="of each way to wait; by default what suits the shape")
    parser.add_argument("--wait", choices=("sleep", "spin", "both"), default="both")
    given = parser.parse_args()
    ways = {"sleep": [False], "spin": [True], "both": [False, True]}[given.wait]
    fine = True
    with tempfile.TemporaryDirectory(prefix="codey-speed-") as folder:
        model = write_shape_gguf(Path(folder) / f"{given.shape}.gguf", SHAPES[NAMES[given.shape]])
        for spin in ways:
            try:
                rounds, seconds = given.rounds or ROUNDS[given.shape], SECONDS[given.shape]
                report = measure(model, given.reference, rounds, seconds, spin=spin)
            except subprocess.CalledProcessError as error:
                sys.exit(error.returncode)
            fine = held(report, given.shape) and fine
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
