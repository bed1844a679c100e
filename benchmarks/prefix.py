"""Compares the time to the first token of a prompt that is read whole, goes on from one in memory, and goes on from one on the
disk: `python -m benchmarks.prefix`.

The model computes as one of a true shape does. In every round a fresh process reads a conversation of `--tokens` tokens (cold),
keeps it, and is asked once more (shared); another fresh process is asked the same (restored). All three have the same new
words. Exits 1 when a restored prompt is less than `WANTED` times faster than a cold one, or evaluates more than its new tokens.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, Token
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf

WANTED = 10.0
NEW_AT_MOST = 100
"""Tokens of the second question, with what the chat template adds; a token here is a letter."""
# The models of a true shape know letters, each of which is a token, and nothing else.
SYSTEM = ChatTurn(role="system", text="youarecodeyacarefulsoftwareengineer")
AGAIN = "andwhatdoesitslastlinedo"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question: seconds to the first token, loading not counted, and tokens of its prompt."""

    seconds: float
    new: int
    cached: int


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Medians over the rounds, in seconds; ratios are the medians of those of each round."""

    model: str
    tokens: int
    new: int
    cold: float
    shared: float
    restored: float
    cold_to_shared: float
    cold_to_restored: float
    file_mb: float


def _conversation(tokens: int, salt: int) -> tuple[GenerateRequest, GenerateRequest]:
    """The first question of a conversation and the second."""
    told = ChatTurn(role="user", text=chr(97 + salt % 26) + "xisyandz" * (tokens // 8))
    more = (ChatTurn(role="assistant", text="itadds"), ChatTurn(role="user", text=AGAIN))
    return (
        GenerateRequest(messages=(SYSTEM, told), max_tokens=1),
        GenerateRequest(messages=(SYSTEM, told, *more), max_tokens=1),
    )


async def _ask(provider: LlamaCppProvider, request: GenerateRequest) -> Asked:
    """Loads first, so that the time of loading counts for nothing."""
    async with aclosing(provider.load()) as loading:
        async for _ in loading:
            pass
    started, first = time.monotonic(), 0.0
    async with aclosing(provider.generate(request)) as events:
        async for event in events:
            if isinstance(event, Token):
                first = first or time.monotonic() - started
            elif isinstance(event, Finished):
                first = first or time.monotonic() - started  # a token without text
                return Asked(seconds=first, new=event.tokens_new, cached=event.tokens_cached)
    raise AssertionError("The generation had no end.")


async def compare(model: str, path: Path, tokens: int, rounds: int, threads: int) -> Compared:
    """Rounds of cold, shared and restored, in turn."""
    folder = path.parent / "kv"
    options = LoadOptions(kv_folder=str(folder), kv_max_bytes=1 << 34, kv_least_s=0.0)

    def fresh() -> LlamaCppProvider:
        return LlamaCppProvider(model, path, n_ctx=max(1024, tokens * 2), n_threads=threads, nice=0, options=options)

    taken: list[tuple[Asked, Asked, Asked]] = []
    size = 0
    for salt in range(rounds):
        first, second = _conversation(tokens, salt)
        provider = fresh()
        try:
            await _ask(provider, first)
            if not await provider.keep(f"s{salt}"):
                sys.exit("The conversation was not kept: the disk is full, or the folder cannot be written.")
            shared = await _ask(provider, second)
            size = max(file.stat().st_size for file in folder.glob("*.kv"))
        finally:
            await provider.unload()
        provider = fresh()
        try:
            restored = await _ask(provider, second)
        finally:
            await provider.unload()
        for file in folder.glob("*.kv"):
            file.unlink()
        provider = fresh()
        try:
            taken.append((await _ask(provider, second), shared, restored))
        finally:
            await provider.unload()
    return Compared(
        model=model,
        tokens=taken[0][0].new,
        new=max(restored.new for _, _, restored in taken),
        cold=round(median(cold.seconds for cold, _, _ in taken), 3),
        shared=round(median(shared.seconds for _, shared, _ in taken), 3),
        restored=round(median(restored.seconds for _, _, restored in taken), 3),
        cold_to_shared=round(median(cold.seconds / shared.seconds for cold, shared, _ in taken), 1),
        cold_to_restored=round(median(cold.seconds / restored.seconds for cold, _, restored in taken), 1),
        file_mb=round(size / 1e6, 1),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="qwen2-0.5b", choices=sorted(SHAPES))
    parser.add_argument("--tokens", type=int, default=2000, help="of the conversation so far")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codey-prefix-") as folder:
        path = Path(folder) / f"{given.shape}.gguf"
        write_shape_gguf(path, SHAPES[given.shape])
        found = asyncio.run(compare(given.shape, path, given.tokens, given.rounds, given.threads))
    if given.as_json:
        print(json.dumps(asdict(found)))
    else:
        print(
            f"{found.model}: {found.tokens:,} tokens; cold {found.cold} s, shared {found.shared} s "
            f"({found.cold_to_shared} times faster), restored {found.restored} s ({found.cold_to_restored} times faster), "
            f"{found.new} new tokens, {found.file_mb} MB on the disk"
        )
    sys.exit(0 if found.cold_to_restored >= WANTED and found.new <= NEW_AT_MOST else 1)


if __name__ == "__main__":
    main()
