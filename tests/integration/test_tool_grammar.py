"""Constrained generations of a real llama.cpp with random weights: whatever comes is a valid call of a real tool."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, InferenceError, Token
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from tests.fakes.constrained import answers, as_call
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model


def test_every_constrained_answer_is_a_valid_call_of_a_real_tool(tmp_path: Path) -> None:
    async def scenario() -> None:
        kinds: set[str] = set()
        async with aclosing(answers(tmp_path, 104)) as found:
            async for text, finished in found:
                assert finished.reason == "eos", text
                call = as_call(text)
                kinds.add(call.tool.name)
        assert len(kinds) == 7

    asyncio.run(scenario())


async def answer(provider: LlamaCppProvider, grammar: str, **options: float) -> tuple[str, Finished]:
    """What the model says under a grammar."""
    request = GenerateRequest(messages=(ChatTurn(role="user", text="x"),), grammar=grammar, **options)  # pyright: ignore[reportArgumentType]
    text = ""
    async for event in provider.generate(request):
        if isinstance(event, Token):
            text += event.text
        elif isinstance(event, Finished):
            return text, event
    raise AssertionError("no end")


def test_a_grammar_that_is_none_gets_a_sentence_and_the_model_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        provider = LlamaCppProvider("tiny", write_tiny_gguf(tmp_path / "tiny.gguf"), n_ctx=256, n_threads=1)
        try:
            for wrong in ('root ::= "a', "root ::= nobody", "nothing at all"):
                with pytest.raises(InferenceError, match="grammar"):
                    await answer(provider, wrong)
            pid = provider.pid
            text, finished = await answer(provider, 'root ::= "yes" | "no"')
            assert text in {"yes", "no"}
            assert finished.reason == "eos"
            assert provider.pid == pid
            text, _ = await answer(provider, "root ::= [äöü]{5}", temperature=1.0)
            assert len(text) == 5
            assert set(text) <= set("äöü")
        finally:
            await provider.unload()

    asyncio.run(scenario())
