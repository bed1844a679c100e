"""Compares the forecast of memory with what the model's child process really takes: `python -m benchmarks.footprint`.

The models have the true shape of real ones and weights of zeros, as sparse files, so that they cost no disk. Each is
loaded, reads a prompt of more than one batch and answers; then its peak of resident memory is read. Exits 1 when a
forecast is off by more than 5%, or under by more than 2%.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from codey_tui.inference.footprint import MIB, forecast
from codey_tui.inference.frames import KvType, LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.shape import shape_of
from codey_tui.telemetry.machine import available_memory
from tests.fakes.shape_gguf import SHAPES, Quantisation, write_shape_gguf

OVER, UNDER = 0.05, 0.02


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model and how it is loaded; `prompt` in tokens, which are letters here."""

    shape: str
    quantisation: Quantisation = "q4_k_m"
    n_ctx: int = 4096
    kv_type: KvType = "f16"
    mmap: bool = True
    prompt: int = 400


CASES = (
    Case(shape="gemma3-270m"),
    Case(shape="gemma3-270m", quantisation="q8_0", n_ctx=2048, mmap=False),
    Case(shape="qwen2-0.5b", prompt=3900),
    Case(shape="qwen2-0.5b", n_ctx=8192),
    Case(shape="qwen2-0.5b", n_ctx=2048, prompt=1900),
    Case(shape="qwen2-0.5b", n_ctx=32_768, kv_type="q8_0"),
    Case(shape="qwen2-0.5b", mmap=False, prompt=3900),
    Case(shape="llama-1b", n_ctx=8192),
    Case(shape="llama-1b", quantisation="q8_0", n_ctx=2048, kv_type="q8_0"),
    Case(shape="qwen2-1.5b", prompt=3900),
    Case(shape="qwen2-1.5b", n_ctx=16_384, kv_type="q8_0", mmap=False),
    Case(shape="qwen2-3b", n_ctx=8192),
    Case(shape="qwen2-7b"),
    Case(shape="qwen2-7b", n_ctx=8192, kv_type="q8_0", mmap=False),
    Case(shape="qwen2-14b", prompt=260),
)


async def measure(case: Case, folder: Path) -> tuple[int, int]:
    """Bytes: forecast, and the child's peak."""
    path = folder / f"{case.shape}-{case.quantisation}.gguf"
    if not path.exists():
        write_shape_gguf(path, SHAPES[case.shape], case.quantisation)
    expected = forecast(shape_of(inspect(path)), case.n_ctx, kv_type=case.kv_type).total
    if expected * 1.1 > available_memory():
        return expected, 0
    provider = LlamaCppProvider(
        case.shape, path, n_ctx=case.n_ctx, options=LoadOptions(kv_type=case.kv_type, mmap=case.mmap)
    )
    peak = 0
    request = GenerateRequest(messages=(ChatTurn(role="user", text="a" * case.prompt),), max_tokens=3)
    try:
        async with aclosing(provider.generate(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    peak = event.peak_rss
    finally:
        await provider.unload()
    return expected, peak


async def run(cases: list[Case], *, as_json: bool) -> int:
    """Measure and print each case; gives the exit status."""
    bad = 0
    folder = Path(tempfile.mkdtemp(prefix="codey-footprint-"))
    try:
        for case in cases:
            expected, peak = await measure(case, folder)
            off = expected / peak - 1 if peak else 0.0
            bad += not -UNDER <= off <= OVER
            row = asdict(case) | {"forecast": expected, "measured": peak, "off": round(off, 4)}
            told = f"{peak / MIB:8,.0f} MiB measured  {off:+.1%}" if peak else "does not fit here, not measured"
            print(
                json.dumps(row)
                if as_json
                else f"{case.shape:12s} {case.quantisation:7s} ctx {case.n_ctx:6,} {case.kv_type:5s} "
                f"{'mmap' if case.mmap else 'read'}  {expected / MIB:8,.0f} MiB forecast {told}",
                flush=True,
            )
    finally:
        shutil.rmtree(folder)
    return 1 if bad else 0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="shapes to measure, by a part of their name")
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args()
    sys.exit(asyncio.run(run([case for case in CASES if given.only in case.shape], as_json=given.as_json)))


if __name__ == "__main__":
    main()
