"""Generations that are left early: the child comes to rest, and the next generation is as good as the first."""

import asyncio
import os
import signal
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import ChildDied, Loaded, PromptProgress, Token
from tests.fakes.generating import PATIENCE_S, answer, ask, llama, until_first_token
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model

# One token in 10 s after the first: a generation that is surely still open, waiting.
ENDLESS = ask(max_tokens=400, pace=0.1)


def test_closing_the_iterator_cancels_and_keeps_the_child(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            assert await until_first_token(provider, ENDLESS) == "a"
            pid = provider.pid
            result = await answer(provider, ask(max_tokens=3))
            assert (result.text, provider.pid) == ("aba", pid)
            assert result.finished.tokens_cached > 0

    asyncio.run(scenario())


def test_cancelling_the_task_cancels_the_generation(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            begun = asyncio.Event()

            async def consume() -> None:
                async for event in provider.generate(ENDLESS):
                    if isinstance(event, Token):
                        begun.set()

            task = asyncio.create_task(consume())
            await begun.wait()
            pid = provider.pid
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await answer(provider, ask(max_tokens=3))).text == "aba"
            assert provider.pid == pid

    asyncio.run(scenario())


def test_cancel_in_prompt_evaluation_interrupts_a_batch(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=32_768, layers=6)
    options = LoadOptions(n_batch=2048)
    long = ask("word " * 6000, max_tokens=8)

    async def scenario() -> None:
        async with llama(path, n_ctx=32_768, options=options) as provider:
            reference = await answer(provider, ask())
            pid = provider.pid
            for _ in range(2):
                async with aclosing(provider.generate(long)) as events:
                    async for event in events:
                        assert isinstance(event, PromptProgress)
                        assert event.done == 0
                        assert event.cached < 100, "the first batch of 2048 was never finished"
                        break
                assert provider.pid == pid, "the child came to rest by itself"
            after = await answer(provider, ask())
            assert after.text == reference.text
            assert after.finished.tokens_cached > 0, "what was evaluated before the long prompt is still good"

    asyncio.run(scenario())


def test_cancel_while_loading_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])

    async def scenario() -> None:
        async with llama(path) as provider:
            async with aclosing(provider.generate(ask())) as events:
                async for event in events:
                    assert not isinstance(event, Loaded)
                    break
            assert provider.pid == 0
            assert provider.rss == 0
            assert (await answer(provider, ask())).text == "a"

    asyncio.run(scenario())


def test_a_child_that_does_not_come_to_rest_is_ended(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            pid = 0
            async with aclosing(provider.generate(ENDLESS)) as events:
                async for event in events:
                    if isinstance(event, Token):
                        pid = provider.pid
                        os.kill(pid, signal.SIGSTOP)
                        break
            assert not psutil.pid_exists(pid)
            assert (await answer(provider, ask(max_tokens=3))).text == "aba"

    asyncio.run(scenario())


def test_unload_ends_a_running_generation_and_gives_the_memory_back(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            begun = asyncio.Event()

            async def consume() -> str:
                text = ""
                async for event in provider.generate(ENDLESS):
                    if isinstance(event, Token):
                        text += event.text
                        begun.set()
                return text

            task = asyncio.create_task(consume())
            await begun.wait()
            pid = provider.pid
            await provider.unload()
            assert (await task)[0] == "a"
            assert provider.rss == 0
            assert not psutil.pid_exists(pid)
            assert (await answer(provider, ask(max_tokens=3))).text == "aba"

    asyncio.run(scenario())


def test_unload_while_loading_ends_the_load(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            task = asyncio.create_task(answer(provider, ENDLESS))
            async with asyncio.timeout(PATIENCE_S):
                while not provider.pid:
                    await asyncio.sleep(0)
            await provider.unload()
            with pytest.raises(ChildDied, match="unloaded"):
                await task
            assert (await answer(provider, ask(max_tokens=3))).text == "aba"

    asyncio.run(scenario())
