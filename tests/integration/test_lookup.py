"""Prompt-lookup decoding with the real llama.cpp: the same text, stops, figures and ends as plain decoding has."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.lookup import Lookup, Plain
from codey_tui.inference.provider import ChatTurn
from codey_tui.inference.runtime import Runtime, keep_log
from codey_tui.inference.sampling import margin
from codey_tui.inference.stopping import Stop
from tests.fakes.generating import Answer, answer, ask, llama, until_first_token
from tests.fakes.reciting import AlwaysPays, Foreseeing
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model
NANO = Path(__file__).resolve().parents[2] / "models" / "nano.gguf"
DEAD_HEAT = 0.01  # the noise of tiny random models has such ties every hundred tokens, and the KV cache its rounding
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


QUIET = keep_log(deque(maxlen=9), lambda _: None)


def open_runtime(path: Path) -> Runtime:
    return Runtime(
        str(path),
        LoadOptions(n_ctx=1024, n_threads=1),
        on_progress=lambda _: None,
        stop=Stop(),
        log=deque(maxlen=9),
    )


def say(runtime: Runtime, prompt: list[int], count: int, steps: Callable[[], Plain]) -> tuple[list[int], int]:
    """The tokens, and how many of them were said before two were all but equally likely."""
    runtime.rewind(0)
    runtime.evaluate(prompt)
    text: list[int] = []
    using = steps()
    clear = count
    while len(text) < count:
        logits = using.logits()
        if margin(logits) < DEAD_HEAT:
            clear = min(clear, len(text))
        text.append(int(logits.argmax()))
        using.advance(text[-1], count - len(text))
    using.close()
    return text, clear


@pytest.fixture(params=["nano", "llama", "qwen2"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Runtime:
    path = NANO
    if request.param != "nano":
        path = write_tiny_gguf(tmp_path / "m.gguf", architecture=request.param, layers=3, n_ctx=1024)
    return open_runtime(path)


@pytest.mark.parametrize("wrong", [0, 3, 10])
def test_drafts_that_are_wrong_now_and_then_change_nothing(model: Runtime, wrong: int) -> None:
    """The model's words hang on all before them, so a token left in the KV cache by mistake would change what follows."""
    prompt = model.prompt_tokens((ChatTurn(role="user", text="Write a function that sorts numbers"),), "")
    plain, clear = say(model, prompt, 120, lambda: Plain(model))
    model.pay_off = AlwaysPays()
    lookups: list[Lookup] = []

    def looked_up() -> Plain:
        lookups.append(Lookup(model, Foreseeing(prompt, plain, wrong)))
        return lookups[-1]

    text, _ = say(model, prompt, 120, looked_up)
    assert text[:clear] == plain[:clear]
    assert clear > 40
    assert lookups[0].drafted >= 60
    assert lookups[0].accepted > 20
    assert model.tokens[: len(prompt) + 119] == [*prompt, *text][: len(prompt) + 119]


def test_the_bundled_model_says_the_same_to_the_last_token() -> None:
    """Its batches are computed as its single tokens are, so there is nothing to tell apart, at ties either."""
    model = open_runtime(NANO)
    for request in ("Write a function that sorts numbers", "Create Fibonacci function", "hello", "make a page"):
        prompt = model.prompt_tokens((ChatTurn(role="user", text=request),), "```python\n")
        plain, _ = say(model, prompt, 150, lambda: Plain(model))
        model.pay_off = AlwaysPays()
        text, _ = say(model, prompt, 150, lambda: Lookup(model, Foreseeing(prompt, plain, 9)))  # noqa: B023
        assert text == plain


def alike(one: Answer, other: Answer) -> bool:
    first, second = one.finished, other.finished
    same = (first.reason, first.stop_text, first.tokens_out) == (second.reason, second.stop_text, second.tokens_out)
    return same and one.text == other.text and abs(first.mean_logprob - second.mean_logprob) < 0.01


def test_stops_ceilings_and_figures_are_those_of_plain_decoding(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=list(LETTERS), ring=True, n_ctx=1024)
    requests = [
        ask(LETTERS * 3, max_tokens=300),
        ask(LETTERS * 3, max_tokens=300, stop=("89abc",)),
        ask(LETTERS * 3, max_tokens=300, stop=("nope", "zz")),
        ask(LETTERS * 3, max_tokens=21),
        ask(LETTERS * 3, max_tokens=1),
        ask(LETTERS * 20, max_tokens=10_000),
        ask(LETTERS * 3, max_tokens=60, pace=2000),
    ]

    async def scenario() -> None:
        async with llama(path, n_ctx=1024) as plain, llama(path, n_ctx=1024) as quick:
            drafted = 0
            for request in requests:
                expected = await answer(plain, request)
                result = await answer(quick, replace(request, repeats=True))
                assert alike(expected, result), request
                drafted += result.finished.tokens_drafted
                assert expected.finished.tokens_drafted == 0
                follow = replace(request, messages=(*request.messages, ChatTurn(role="user", text="more")))
                one, two = await answer(plain, follow), await answer(quick, follow)
                assert alike(one, two), "the KV cache is as good as before"
            assert drafted > 0

    asyncio.run(scenario())


def test_a_grammar_or_a_temperature_decodes_plainly(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=list(LETTERS), ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            request = replace(ask(LETTERS * 3, max_tokens=80), repeats=True)
            for plain in (replace(request, grammar="root ::= [a-z0-9]*"), replace(request, temperature=0.5)):
                assert (await answer(provider, plain)).finished.tokens_drafted == 0

    asyncio.run(scenario())


def test_a_model_that_cannot_take_tokens_back_decodes_plainly(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=list(LETTERS), ring=True, architecture="lfm2", layers=2)

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, replace(ask(LETTERS * 3, max_tokens=80), repeats=True))
            assert (result.text, result.finished.tokens_drafted) == ((LETTERS * 3)[:80], 0)

    asyncio.run(scenario())


def test_a_cancelled_generation_leaves_a_clean_cache(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=list(LETTERS), ring=True)
    request = replace(ask(LETTERS * 3, max_tokens=400, pace=20), repeats=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            pid = 0
            for _ in range(3):
                await until_first_token(provider, request)
                pid = pid or provider.pid
            result = await answer(provider, replace(request, max_tokens=70, max_tokens_per_s=0))
            assert result.text == (LETTERS * 2)[:70]
            assert provider.pid == pid

    asyncio.run(scenario())
