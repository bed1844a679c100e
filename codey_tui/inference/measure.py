"""Loads a model again and again, each time in another way, and says what was forecast and what it took.

`python -m codey_tui.inference.measure MODEL CONTEXT/KV ...`, for example `4096/f16`; a line of JSON for each, as it comes.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec

from codey_tui.inference.footprint import forecast
from codey_tui.inference.frames import KvType, LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, InferenceError
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.shape import shape_of

_NUMBERS = 400
"""Numbers in the prompt: with any vocabulary more tokens than a batch has, so that all buffers are filled."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a model with `n_ctx` tokens of context: forecast, and the most that its process took (0: not tried, since it
    does not fit)."""

    n_ctx: int
    kv_type: KvType
    forecast_bytes: int
    measured_bytes: int = 0


async def measure(path: Path, n_ctx: int, kv_type: KvType, *, available: int) -> Taken:
    """Load, read a prompt of more than one batch, answer. Raises InferenceError."""
    expected = forecast(shape_of(inspect(path)), n_ctx, kv_type=kv_type)
    taken = Taken(n_ctx=expected.n_ctx, kv_type=kv_type, forecast_bytes=expected.total)
    if available and expected.total > available:
        return taken
    # Letters of a text are at most its tokens: a third of the context is left in any case.
    text = " ".join(str(number) for number in range(_NUMBERS))[: expected.n_ctx * 2 // 3]
    request = GenerateRequest(messages=(ChatTurn(role="user", text=text),), max_tokens=3)
    provider = LlamaCppProvider(path.stem, path, n_ctx=n_ctx, options=LoadOptions(kv_type=kv_type))
    try:
        async with aclosing(provider.generate(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    taken = msgspec.structs.replace(taken, measured_bytes=event.peak_rss)
    finally:
        await provider.unload()
    return taken


async def _all(path: Path, available: int, cases: Sequence[tuple[int, KvType]]) -> None:
    for n_ctx, kv_type in cases:
        taken = await measure(path, n_ctx, kv_type, available=available)
        print(json.dumps(msgspec.to_builtins(taken)), flush=True)


def main(arguments: Sequence[str]) -> int:
    """MODEL, bytes that are available (0: any), and the cases. 1 with a sentence when the model cannot be used."""
    model, available, *cases = arguments
    wanted = [case.split("/") for case in cases]
    try:
        asyncio.run(
            _all(Path(model), int(available), [(int(size), "q8_0" if kv == "q8_0" else "f16") for size, kv in wanted])
        )
    except InferenceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
