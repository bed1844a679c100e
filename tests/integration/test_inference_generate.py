"""Text from the real llama.cpp in its child process: streaming, stops, sampling, the KV cache and the figures."""

import asyncio
import math
from pathlib import Path

import pytest

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import OPENING, ChatTurn, GenerateRequest, InferenceError, PromptTooLong
from tests.fakes.generating import answer, ask, llama
from tests.fakes.tiny_gguf import BEGIN, MARK, write_tiny_gguf

pytestmark = pytest.mark.model


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_loading_prompt_and_text_arrive_in_order(tmp_path: Path, architecture: str) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["def ", "fib", "(n):"], architecture=architecture)

    async def scenario() -> None:
        async with llama(path) as provider:
            assert provider.rss == 0
            result = await answer(provider, ask())
            kinds = [type(event).__name__ for event in result.events]
            assert kinds == sorted(kinds, key=["LoadProgress", "Loaded", "PromptProgress", "Token", "Finished"].index)
            assert result.loading[-1].fraction == 1.0
            assert result.loaded[0].n_ctx == 512
            assert result.loaded[0].rss > 0
            assert provider.rss > 0
            assert result.text == "def fib(n):"
            assert result.finished.reason == "eos"
            assert result.finished.tokens_out == 3
            assert result.finished.peak_rss >= result.loaded[0].rss
            again = await answer(provider, ask())
            assert not again.loaded, "a loaded model is not loaded twice"
            assert again.text == result.text

    asyncio.run(scenario())


def test_a_stop_string_over_token_borders_is_not_shown(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["print(1)", "\n`", "``", "\nAnd now"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, ask(prefill="```python\n", stop=("\n```", "</file>")))
            assert result.text == "print(1)"
            assert result.finished.reason == "stop"
            assert result.finished.stop_text == "\n```"
            assert result.finished.tokens_out == 3

    asyncio.run(scenario())


def test_text_held_back_for_a_stop_string_is_shown_at_the_end(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "``"])

    async def scenario() -> None:
        async with llama(path) as provider:
            assert (await answer(provider, ask(stop=("```",)))).text == "a``"

    asyncio.run(scenario())


def test_a_character_cut_by_token_borders_comes_whole(tmp_path: Path) -> None:
    raw = "grün €".encode()
    path = write_tiny_gguf(tmp_path / "m.gguf", say=[raw[i : i + 1] for i in range(len(raw))])

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, ask(pace=100))
            assert result.text == "grün €"
            assert all("\ufffd" not in token.text for token in result.tokens)

    asyncio.run(scenario())


def test_the_token_ceiling_ends_a_generation(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b", "c"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, ask(max_tokens=7))
            assert (result.text, result.finished.reason, result.finished.tokens_out) == ("abcabca", "length", 7)
            assert result.tokens[-1].tokens == 7
            assert (await answer(provider, ask(max_tokens=0))).finished.tokens_out == 0

    asyncio.run(scenario())


def test_the_context_ends_a_generation_before_its_ceiling(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b", "c"], ring=True)

    async def scenario() -> None:
        async with llama(path, n_ctx=256) as provider:
            result = await answer(provider, ask(max_tokens=100_000))
            assert result.finished.reason == "length"
            assert result.finished.tokens_out + result.finished.tokens_new == 256

    asyncio.run(scenario())


def test_control_tokens_are_silent_unless_they_are_to_be_rendered(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["x", MARK, "y"])

    async def scenario() -> None:
        async with llama(path) as provider:
            assert (await answer(provider, ask())).text == "xy"
        async with llama(path, options=LoadOptions(render_special=(MARK,))) as provider:
            assert (await answer(provider, ask())).text == f"x{MARK}y"
            stopped = await answer(provider, ask(stop=(MARK,)))
            assert (stopped.text, stopped.finished.stop_text) == ("x", MARK)

    asyncio.run(scenario())


def test_every_end_of_generation_token_ends_it(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["x", BEGIN, "y"])

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, ask())
            assert (result.text, result.finished.reason) == ("x", "eos")

    asyncio.run(scenario())


def test_a_second_turn_evaluates_only_what_is_new(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=2048)
    system = ChatTurn(role="system", text="You write programs. " * 20)
    first = GenerateRequest(messages=(system, ChatTurn(role="user", text="one")), max_tokens=12)
    second = GenerateRequest(messages=(system, ChatTurn(role="user", text="other words")), max_tokens=12)

    async def scenario() -> None:
        async with llama(path, n_ctx=2048) as provider:
            cold = (await answer(provider, first)).finished
            assert (cold.tokens_cached, cold.tokens_new) == (0, await provider.count_tokens(first.messages))
            warm = await answer(provider, second)
            total = await provider.count_tokens(second.messages)
            assert warm.finished.tokens_cached > 400
            assert warm.finished.tokens_cached + warm.finished.tokens_new == total
            assert warm.prompt[0].cached == warm.finished.tokens_cached
            assert warm.prompt[-1].done == warm.prompt[-1].total == warm.finished.tokens_new
            same = (await answer(provider, second)).finished
            assert same.tokens_new == 1, "the last token is evaluated again for its logits"
        async with llama(path, n_ctx=2048) as provider:
            assert (await answer(provider, second)).text == warm.text, "reuse must not change what is said"

    asyncio.run(scenario())


def test_progress_of_prompt_evaluation_comes_batch_by_batch(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=2048)

    async def scenario() -> None:
        async with llama(path, n_ctx=2048, options=LoadOptions(n_batch=128)) as provider:
            result = await answer(provider, ask("x" * 600, max_tokens=1))
            done = [event.done for event in result.prompt]
            assert done == [*range(0, done[-1], 128), result.finished.tokens_new]

    asyncio.run(scenario())


def test_sampling_is_repeatable_by_seed(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")

    async def scenario() -> None:
        async with llama(path) as provider:
            greedy = await answer(provider, ask())
            assert (await answer(provider, ask(seed=5))).text == greedy.text
            # Each after the same request, so that the KV cache was made by the same batches.
            one = await answer(provider, ask(temperature=1.5, seed=7))
            two = await answer(provider, ask(temperature=1.5, seed=7))
            other = await answer(provider, ask(temperature=1.5, seed=8))
            assert one.text == two.text
            assert one.text != other.text
            assert one.finished.mean_logprob < greedy.finished.mean_logprob < 0

    asyncio.run(scenario())


def test_a_certain_model_has_a_high_log_probability(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"])

    async def scenario() -> None:
        async with llama(path) as provider:
            assert math.isclose((await answer(provider, ask())).finished.mean_logprob, 0, abs_tol=0.01)

    asyncio.run(scenario())


def test_an_opening_that_is_not_likely_enough_tells_nothing(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")

    async def scenario() -> None:
        async with llama(path) as provider:
            free = await answer(provider, ask(max_tokens=20))
            assert free.finished.tokens_out == 20 > OPENING
            low = free.finished.mean_logprob * 20 * 2
            heard = await answer(provider, ask(max_tokens=20, least_opening=low))
            assert (heard.text, heard.finished.reason) == (free.text, free.finished.reason)
            short = await answer(provider, ask(max_tokens=OPENING - 2, least_opening=low))
            assert short.text and free.text.startswith(short.text)
            unsure = await answer(provider, ask(max_tokens=20, least_opening=-1e-6))
            assert (unsure.text, unsure.finished.reason) == ("", "unsure")
            assert 0 < unsure.finished.tokens_out <= OPENING
            again = await answer(provider, ask(max_tokens=20))
            assert again.text == free.text

    asyncio.run(scenario())


def test_pace_bounds_the_rate(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b", "c"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            result = await answer(provider, ask(max_tokens=16, pace=16))
            # The sixteenth token is due 15 intervals after the first; machines may be slower, never quicker.
            assert result.finished.seconds_generation >= 15 / 16
            assert 0 < result.finished.seconds_inside < result.finished.seconds_generation / 2
            assert len(result.tokens) >= 12, "paced text is shown as it comes"

    asyncio.run(scenario())


def test_a_prompt_longer_than_the_context_is_refused_with_figures(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])

    async def scenario() -> None:
        async with llama(path) as provider:
            long = ask("x" * 2000)
            tokens = await provider.count_tokens(long.messages)
            with pytest.raises(PromptTooLong, match=rf"{tokens:,} tokens.* 512 "):
                await answer(provider, long)
            assert (await answer(provider, ask())).text == "a", "the child is still there"

    asyncio.run(scenario())


def test_the_template_of_the_file_makes_the_prompt(tmp_path: Path) -> None:
    no_system = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "<{{ m['role'] }}>{{ m['content'] }}{% endfor %}>"
    )
    turns = (ChatTurn(role="system", text="SS"), ChatTurn(role="user", text="uu"))

    async def count(path: Path, prefill: str = "") -> int:
        async with llama(path) as provider:
            return await provider.count_tokens(turns, prefill)

    merged = write_tiny_gguf(tmp_path / "merged.gguf", template=no_system)
    assert asyncio.run(count(merged)) == len("<user>SS\n\nuu>")
    assert asyncio.run(count(merged, "ab")) == len("<user>SS\n\nuu>ab")
    # Control tokens count one: two for each turn, one for the answer's start.
    chatml = sum(len(f"{turn.role}\n{turn.text}\n") + 2 for turn in turns) + 1 + len("assistant\n")
    for template in (None, "{% this is no template"):
        assert asyncio.run(count(write_tiny_gguf(tmp_path / "plain.gguf", template=template))) == chatml


def test_a_template_that_goes_wrong_gets_a_sentence_and_the_process_lives(tmp_path: Path) -> None:
    path = write_tiny_gguf(
        tmp_path / "m.gguf", template="{% for tool in tools %}{{ tool }}{% endfor %}{{ 'x' + none }}"
    )

    async def scenario() -> None:
        async with llama(path) as provider:
            for _ in range(2):
                with pytest.raises(InferenceError, match="chat template refuses this conversation"):
                    await provider.count_tokens((ChatTurn(role="user", text="u"),))
            assert provider.pid

    asyncio.run(scenario())


def test_two_generations_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b", "c"])

    async def scenario() -> None:
        async with llama(path) as provider:
            results = await asyncio.gather(*(answer(provider, ask(f"number {i}")) for i in range(4)))
            assert [result.text for result in results] == ["abc"] * 4
            assert sum(len(result.loaded) for result in results) == 1

    asyncio.run(scenario())
