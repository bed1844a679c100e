"""How likely a real llama.cpp finds given tokens after a prompt: one pass, never a load, never a wait."""

import asyncio
import math
from pathlib import Path

import pytest

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import ChatTurn, GenerateRequest, InferenceError, NotReady
from tests.fakes.generating import answer, ask, llama, until_first_token
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model
LABELS = ("<|calc|>", "<|code|>", "<|question|>")
TURNS = (ChatTurn(role="system", text="You are Codey."), ChatTurn(role="user", text="a stack please"))


def test_the_token_that_a_model_would_say_is_the_likeliest(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["<|code|>"], controls=LABELS)

    async def scenario() -> None:
        async with llama(path) as provider:
            await answer(provider, ask())
            found = await provider.score(TURNS, LABELS)
            assert max(zip(found, LABELS, strict=True))[1] == "<|code|>"
            assert math.exp(found[1]) > 0.99
            # the cache holds what scoring left there, and generating goes on from it
            assert (await answer(provider, ask())).finished.tokens_out == 1
            assert await provider.score(TURNS, LABELS) == found

    asyncio.run(scenario())


def test_probabilities_are_those_of_the_whole_vocabulary(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", controls=LABELS)

    async def scenario() -> None:
        async with llama(path, options=LoadOptions(n_batch=8)) as provider:
            said = await answer(provider, GenerateRequest(messages=TURNS, max_tokens=1))
            letters = [chr(code) for code in range(33, 127)]
            found = dict(zip([*letters, *LABELS], await provider.score(TURNS, (*letters, *LABELS)), strict=True))
            assert 0 < sum(map(math.exp, found.values())) < 1
            assert max(found, key=found.__getitem__) == said.text
            assert found[said.text] == pytest.approx(said.finished.mean_logprob, abs=1e-4)

    asyncio.run(scenario())


def test_nothing_is_loaded_for_it_and_nobody_waits(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", controls=LABELS)

    async def scenario() -> None:
        async with llama(path) as provider:
            with pytest.raises(NotReady):
                await provider.score(TURNS, LABELS)
            assert provider.rss == 0
            talking = asyncio.create_task(answer(provider, ask(max_tokens=400, pace=20)))
            while not provider.rss:
                await asyncio.sleep(0.01)
            with pytest.raises(NotReady):
                await provider.score(TURNS, LABELS)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            await answer(provider, ask(max_tokens=1))
            with pytest.raises(NotReady, match="too long"):
                await provider.score(TURNS, LABELS, patience_s=0.0)
            pid = provider.pid
            assert await until_first_token(provider, ask())
            assert provider.pid == pid, "a pass that was given up leaves the process as it is"

    asyncio.run(scenario())


def test_what_a_model_has_no_single_token_for_gets_a_sentence(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")

    async def scenario() -> None:
        async with llama(path) as provider:
            await answer(provider, ask(max_tokens=1))
            with pytest.raises(InferenceError, match="no single token"):
                await provider.score(TURNS, LABELS[1:2])
            with pytest.raises(InferenceError, match="can be read"):
                await provider.score((ChatTurn(role="user", text="x" * 600),), ("a",))
            assert (await answer(provider, ask(max_tokens=2))).finished.tokens_out == 2

    asyncio.run(scenario())
