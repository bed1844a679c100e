"""The number of threads of a loaded model, changed while it works."""

import asyncio
from pathlib import Path

import pytest

from codey_tui.inference.provider import Finished, Token
from tests.fakes.generating import answer, ask, llama
from tests.fakes.shape_gguf import Shape, write_shape_gguf

pytestmark = pytest.mark.model

# Above the size below which a model generates with one thread whatever it is told.
LARGE = Shape(
    architecture="llama", layers=1, width=1024, feed_forward=2048, heads=16, kv_heads=4, vocabulary=36_000, context=512
)


def test_a_running_generation_goes_on_with_fewer_threads_and_the_next_has_them_back(tmp_path: Path) -> None:
    path = write_shape_gguf(tmp_path / "m.gguf", LARGE, "f16")

    async def scenario() -> None:
        async with llama(path, n_threads=3) as provider:
            last = None
            async for event in provider.generate(ask(max_tokens=6)):
                if isinstance(event, Token):
                    provider.use_threads(1)
                last = event
            assert isinstance(last, Finished)
            assert (last.tokens_out, last.threads) == (6, 1)
            provider.use_threads(0)
            assert (await answer(provider, ask(max_tokens=2))).finished.threads > 1

    asyncio.run(scenario())


def test_a_bound_holds_for_the_next_load_and_never_adds_threads(tmp_path: Path) -> None:
    path = write_shape_gguf(tmp_path / "m.gguf", LARGE, "f16")

    async def scenario() -> None:
        async with llama(path, n_threads=2) as provider:
            provider.use_threads(1)
            assert (await answer(provider, ask(max_tokens=2))).finished.threads == 1
            await provider.unload()
            assert (await answer(provider, ask(max_tokens=2))).finished.threads == 1
            provider.use_threads(64)
            assert (await answer(provider, ask(max_tokens=2))).finished.threads <= 2

    asyncio.run(scenario())
