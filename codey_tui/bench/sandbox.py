"""What a warm container saves: the time from a command to its whole output, in one that waited and in one made for it.

`python -m codey_tui.bench.sandbox [--rounds N] [--json FILE]`, where a Docker engine runs and has Codey's image. The two are
measured in turn, in a process of their own, so that a busy machine slows both.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

RATIO_LIMIT = 3.0
ROUNDS = 15


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians in seconds, the slowest tenths, and how many times faster a warm container is."""

    rounds: int
    cold_p50: float
    cold_p90: float
    warm_p50: float
    warm_p90: float
    ratio: float


def measure(rounds: int = ROUNDS) -> Figures:
    """Run `print(1)` so many times in each. Raises RuntimeError with the reason where it cannot be measured."""
    done = subprocess.run(
        [sys.executable, "-m", "codey_tui.sandbox.measure", str(rounds)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the measurement failed")
    seconds: dict[str, list[float]] = json.loads(done.stdout)
    cold, warm = sorted(seconds["cold"]), sorted(seconds["warm"])
    return Figures(
        rounds=rounds,
        cold_p50=statistics.median(cold),
        cold_p90=cold[len(cold) * 9 // 10],
        warm_p50=statistics.median(warm),
        warm_p90=warm[len(warm) * 9 // 10],
        ratio=statistics.median(cold) / statistics.median(warm),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when the limit holds, 1 when not or where it cannot be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="commands in each kind of container")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    given = parser.parse_args(arguments)
    try:
        found = measure(max(1, given.rounds))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"cold container   p50 {found.cold_p50 * 1000:6.0f} ms   p90 {found.cold_p90 * 1000:6.0f} ms")
    print(f"warm container   p50 {found.warm_p50 * 1000:6.0f} ms   p90 {found.warm_p90 * 1000:6.0f} ms")
    print(f"warm is {found.ratio:.1f} times faster (wanted: {RATIO_LIMIT:g})")
    if given.json:
        given.json.write_bytes(msgspec.json.encode(found))
    return int(found.ratio < RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
