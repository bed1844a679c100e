"""Says which share of a generation is spent outside of llama.cpp: `python -m benchmarks.overhead`.

Drawing, detokenising, stop strings and frames are measured in the child process as it works in earnest, with models of true
shapes. Exits 1 when they take more than the given share of the time of any shape; the bundled model, whose tokens take
less than a millisecond, is only told.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.paths import find_assets
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf

NAMES = ("gemma3-270m", "qwen2-0.5b", "qwen2-1.5b")
REQUEST = GenerateRequest(
    messages=(ChatTurn(role="user", text="Write a function that sorts numbers"),), stop=("\n```", "</file>")
)


async def measure(path: Path, tokens: int, rounds: int, threads: int) -> tuple[float, float]:
    """The share of the time outside of llama.cpp, and that time in microseconds a token; medians over the rounds."""
    provider = LlamaCppProvider(path.stem, path, n_ctx=1024, n_threads=threads)
    request = GenerateRequest(messages=REQUEST.messages, stop=REQUEST.stop, max_tokens=tokens)
    shares: list[float] = []
    spent: list[float] = []
    try:
        for _ in range(rounds + 1):  # the first one also loads
            async for event in provider.generate(request):
                if isinstance(event, Finished):
                    outside = event.seconds_generation - event.seconds_inside
                    shares.append(outside / event.seconds_generation)
                    spent.append(1e6 * outside / max(1, event.tokens_out))
    finally:
        await provider.unload()
    return median(shares[1:]), median(spent[1:])


async def run(given: argparse.Namespace) -> int:
    """Measure and print each model; gives the exit status."""
    bad = 0
    with tempfile.TemporaryDirectory(prefix="codey-overhead-") as folder:
        made = [write_shape_gguf(Path(folder) / f"{name}.gguf", SHAPES[name]) for name in NAMES if given.only in name]
        for path in [*made, find_assets() / "models" / "nano.gguf"]:
            share, spent = await measure(path, given.tokens, given.rounds, given.threads)
            bad += path.stem != "nano" and share > given.most
            row = {"model": path.stem, "share_outside": round(share, 4), "microseconds_a_token": round(spent, 1)}
            print(
                json.dumps(row)
                if given.as_json
                else f"{path.stem:12s} {share:6.2%} of the time outside of llama.cpp, {spent:7.1f} µs a token",
                flush=True,
            )
    return 1 if bad else 0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="shapes to measure, by a part of their name")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--most", type=float, default=0.03, help="share of the time that may be spent outside")
    parser.add_argument("--json", action="store_true", dest="as_json")
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
