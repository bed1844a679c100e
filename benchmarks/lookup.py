"""Compares decoding with drafts from the prompt to plain decoding, alternating: `python -m benchmarks.lookup`.

The model computes as one of a true shape does (its layers are zeros, which cost as much as other numbers) and recites a
refactoring: of what it was shown, in every hundred tokens twenty in a row are others. Exits 1 when the text is not the same,
token by token, or drafts make it less than 1.8 times faster. The bundled model follows for comparison: it fits into the
processor's cache, gains nothing from batches, and is to lose nothing either.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from codey_tui.engine import prompts
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, Token
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.paths import find_assets
from tests.fakes.shape_gguf import SHAPES, word, write_reciting_gguf

WANTED = 1.8
CHANGED = 0.2  # of the tokens


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Medians over the rounds; rates in tokens per second of generation."""

    model: str
    tokens: int
    plain: float
    drafted: float
    ratio: float
    accepted: float
    same: bool


async def compare(name: str, path: Path, request: GenerateRequest, rounds: int, threads: int) -> Compared:
    """One child, asked in turn with and without drafts; the ratio is the median of the pairs'."""
    provider = LlamaCppProvider(name, path, n_ctx=2048, n_threads=threads)
    rates: list[tuple[float, float]] = []
    same, finished = True, Finished(reason="eos")
    try:
        await _ask(provider, replace(request, max_tokens=2))
        for _ in range(rounds):
            plain, text = await _ask(provider, request)
            finished, again = await _ask(provider, replace(request, repeats=True))
            same = same and text == again
            rates.append((_rate(plain), _rate(finished)))
    finally:
        await provider.unload()
    return Compared(
        model=name,
        tokens=finished.tokens_out,
        plain=round(median(plain for plain, _ in rates), 1),
        drafted=round(median(drafted for _, drafted in rates), 1),
        ratio=round(median(drafted / plain for plain, drafted in rates), 2),
        accepted=round(finished.tokens_accepted / max(1, finished.tokens_drafted), 2),
        same=same,
    )


async def _ask(provider: LlamaCppProvider, request: GenerateRequest) -> tuple[Finished, str]:
    parts: list[str] = []
    async for event in provider.generate(request):
        if isinstance(event, Token):
            parts.append(event.text)
        elif isinstance(event, Finished):
            return event, "".join(parts)
    raise AssertionError("The generation had no end.")


def _rate(finished: Finished) -> float:
    return finished.tokens_out / max(finished.seconds_generation, 1e-9)


def refactoring(tokens: int, period: int = 100) -> tuple[list[int], GenerateRequest]:
    """The words that the model says, and the request that shows it the text before the change."""
    said = list(range(tokens))
    shown = [number + 1000 if number % period >= round(period * (1 - CHANGED)) else number for number in said]
    prompt = "".join(word(number) for number in shown)
    return said, GenerateRequest(messages=(ChatTurn(role="user", text=prompt),), max_tokens=tokens + 1)


async def run(shape: str, tokens: int, period: int, rounds: int, threads: int) -> list[Compared]:
    """The scripted refactoring, then the bundled model."""
    said, request = refactoring(tokens, period)
    with tempfile.TemporaryDirectory(prefix="codey-lookup-") as folder:
        path = write_reciting_gguf(Path(folder) / "model.gguf", SHAPES[shape], said)
        found = [await compare(shape, path, request, rounds, threads)]
    asked = prompts.new_file("Create Fibonacci function", "fibonacci.py")
    turns = (ChatTurn(role="system", text=prompts.system()), ChatTurn(role="user", text=asked))
    program = GenerateRequest(messages=turns, max_tokens=300)
    found.append(await compare("nano", find_assets() / "models" / "nano.gguf", program, 3 * rounds, threads))
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="qwen2-0.5b", choices=[name for name in SHAPES if name.startswith("qwen2")])
    parser.add_argument("--tokens", type=int, default=600, help="of the refactoring, at most 850")
    parser.add_argument("--period", type=int, default=100, help="tokens from one changed place to the next")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args()
    found = asyncio.run(run(given.shape, given.tokens, given.period, given.rounds, given.threads))
    for row in found:
        print(
            json.dumps(asdict(row))
            if given.as_json
            else f"{row.model:12s} {row.tokens:4d} tokens  plain {row.plain:7.1f} tok/s  with drafts {row.drafted:7.1f} tok/s  "
            f"{row.ratio:.2f} times  {row.accepted:.0%} of drafted accepted  {'the same text' if row.same else 'ANOTHER TEXT'}"
        )
    sys.exit(0 if all(row.same for row in found) and found[0].ratio >= WANTED else 1)


if __name__ == "__main__":
    main()
