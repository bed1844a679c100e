"""A whole engine with a real llama.cpp: what a session has read is read once, also by the engine after it."""

import asyncio
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codey_tui.engine.engine import Engine
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.settings import Settings, UserModel
from tests.fakes.generating import PATIENCE_S
from tests.fakes.tiny_gguf import write_tiny_gguf
from tests.fakes.whole_engine import WholeEngine

pytestmark = pytest.mark.model
LAYERS = 12
"""Enough that reading some 1,700 tokens takes longer than it takes to be worth a file."""


@asynccontextmanager
async def engine(folder: Path, *, cache_mb: int = 256) -> AsyncGenerator[tuple[Engine, list[ev.Event]]]:
    """An engine with a model of the user's own, and what it said."""
    settings = Settings(
        memory_budget_mb=4096,
        n_threads=1,
        context_tokens=8192,
        model="own",
        models={"own": UserModel(path=str(folder / "own.gguf"))},
        prompt_cache_mb=cache_mb,
    )
    async with WholeEngine(folder, settings) as whole:
        yield whole.engine, whole.said


async def figures(made: Engine, heard: list[ev.Event], text: str) -> ev.Figures:
    """Ask, and wait until the engine rests."""
    before = len(heard)
    made.submit(ops.SubmitPrompt(text=text))
    async with asyncio.timeout(2 * PATIENCE_S):
        while made.busy or not any(isinstance(event, ev.TurnEnded) for event in heard[before:]):
            await asyncio.sleep(0.01)
    (ended,) = (event for event in heard[before:] if isinstance(event, ev.TurnEnded))
    assert (ended.result, ended.untrusted) == ("done", ""), ended.reason
    return ended.figures


def test_turn_two_reads_its_new_tokens_only_also_after_a_restart(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "own.gguf", say=("Yes", "."), n_ctx=8192, layers=LAYERS)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text("the quick brown fox jumps over\n" * 45)

    async def scenario() -> None:
        async with engine(tmp_path) as (made, heard):
            first = await figures(made, heard, "Explain @notes.txt")
            assert first.tokens_new > 1500
            assert first.tokens_cached == 0
            second = await figures(made, heard, "Explain how a heap works.")
            assert second.tokens_cached >= first.tokens_new
            assert second.tokens_new < 200
            read = second.tokens_new + second.tokens_cached
        kept = list((tmp_path / "data_dir" / "kv").iterdir())
        assert kept
        assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
        async with engine(tmp_path) as (made, heard):
            third = await figures(made, heard, "Explain how a stack works.")
            assert third.tokens_cached >= read
            assert third.tokens_new < 200
        async with engine(tmp_path, cache_mb=0) as (made, heard):
            made.submit(ops.NewSession())
            assert (await figures(made, heard, "Explain how a queue works.")).tokens_cached == 0
            assert not list((tmp_path / "data_dir" / "kv").iterdir())

    asyncio.run(scenario())
