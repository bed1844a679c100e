"""The scripted provider keeps the promises of a real one, so that what is tested with it holds."""

import asyncio
from contextlib import aclosing

import pytest

from codey_tui.inference.provider import ChildDied, Finished, Provider, Token
from tests.fakes.generating import answer, ask
from tests.fakes.scripted_provider import ScriptedProvider


def test_scripts_are_played_in_turn_with_stops_and_ceilings() -> None:
    async def scenario() -> None:
        script = ScriptedProvider([["a", "``", "`b"], ["x", "y", "z"]])
        provider: Provider = script
        first = await answer(provider, ask(stop=("```",)))
        assert (first.text, first.finished.reason, len(first.loaded)) == ("a", "stop", 1)
        second = await answer(provider, ask(max_tokens=2))
        assert (second.text, second.finished.reason, len(second.loaded)) == ("xy", "length", 0)
        assert len(script.requests) == 2
        with pytest.raises(AssertionError, match="No script"):
            await answer(provider, ask())

    asyncio.run(scenario())


def test_a_gate_holds_a_generation_open() -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        provider = ScriptedProvider([["a", gate, "b"]])
        begun, ended = asyncio.Event(), asyncio.Event()

        async def consume() -> None:
            async for event in provider.generate(ask()):
                if isinstance(event, Token):
                    begun.set()
                if isinstance(event, Finished):
                    ended.set()

        task = asyncio.create_task(consume())
        await begun.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert provider.playing
        assert not ended.is_set()
        gate.set()
        await task
        assert ended.is_set()

    asyncio.run(scenario())


def test_closing_early_counts_as_cancelled_and_failures_do_not() -> None:
    async def scenario() -> None:
        provider = ScriptedProvider([["a", asyncio.Event()], ["a", ChildDied("It ended.")], ChildDied("At once.")])
        async with aclosing(provider.generate(ask())) as events:
            async for event in events:
                if isinstance(event, Token):
                    break
        assert (provider.cancelled, provider.playing) == (1, False)
        for words in ("It ended", "At once"):
            with pytest.raises(ChildDied, match=words):
                await answer(provider, ask())
        assert provider.cancelled == 1

    asyncio.run(scenario())
