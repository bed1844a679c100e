"""No token evaluated twice, with a real llama.cpp: a question in between, states on the disk, what makes them worthless."""

import asyncio
import logging
import os
import signal
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.provider import ChatTurn, GenerateRequest, PromptHeld
from codey_tui.inference.providers.llama_cpp import CANCEL_GRACE, LlamaCppProvider
from codey_tui.inference.rates import Rates
from tests.fakes.generating import Answer, answer, llama
from tests.fakes.tiny_gguf import WINDOW, write_tiny_gguf

pytestmark = pytest.mark.model
SYSTEM = ChatTurn(role="system", text="You are Codey, a careful software engineer who is asked the same way each time.")
LONG = "def f(x):\n    return x + 1\n" * 12
LOG = "codey_tui.inference.providers.llama_cpp"


def asked(*turns: str) -> GenerateRequest:
    """A conversation: what the person and the model said in turn, after the system message."""
    roles = ("user", "assistant")
    said = (ChatTurn(role=roles[at % 2], text=text) for at, text in enumerate(turns))
    return GenerateRequest(messages=(SYSTEM, *said), max_tokens=12)


def options(folder: Path, *, max_bytes: int = 1 << 30, n_batch: int = 64) -> LoadOptions:
    """States are kept whatever they cost."""
    return LoadOptions(kv_folder=str(folder), kv_max_bytes=max_bytes, kv_least_s=0.0, n_batch=n_batch)


async def converse(
    path: Path, request: GenerateRequest, kv: LoadOptions, *, keep: str = "", n_ctx: int = 1024
) -> Answer:
    """One answer of a process of its own, which then keeps its state under a name."""
    async with llama(path, n_ctx=n_ctx, options=kv) as provider:
        said = await answer(provider, request)
        if keep:
            assert await provider.keep(keep) > 0
        return said


def states(folder: Path) -> list[Path]:
    """The files of states, by their name."""
    return sorted(folder.glob("*.kv"))


def model(tmp_path: Path, architecture: str = "qwen2") -> Path:
    """A model whose every token hangs on the whole prompt."""
    return write_tiny_gguf(tmp_path / f"{architecture}.gguf", architecture=architecture, n_ctx=2048, layers=2)


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_a_restored_conversation_evaluates_its_new_tokens_and_answers_the_same(
    tmp_path: Path, architecture: str
) -> None:
    path, folder = model(tmp_path, architecture), tmp_path / "kv"

    async def scenario() -> None:
        first = await converse(path, asked(LONG), options(folder), keep="s1")
        assert first.finished.tokens_cached == 0
        second = asked(LONG, first.text, "And the other way round?")
        cold = await converse(path, second, LoadOptions(n_batch=64))
        restored = await converse(path, second, options(folder))
        assert cold.finished.tokens_cached == 0
        whole = restored.finished.tokens_new + restored.finished.tokens_cached
        assert whole == cold.finished.tokens_new == restored.finished.tokens_sent
        # all of the first prompt came from the disk; noise need not split into tokens the way it was said
        assert restored.finished.tokens_cached >= first.finished.tokens_new
        assert restored.finished.tokens_new < 100
        assert restored.text == cold.text
        assert restored.finished.mean_logprob == pytest.approx(cold.finished.mean_logprob, abs=0.01)

    asyncio.run(scenario())


def test_a_restored_window_is_gone_on_from_at_its_end_and_nowhere_else(tmp_path: Path) -> None:
    """A state holds of sliding windows only what the next token sees; gone on from an earlier place it would answer otherwise."""
    path, kv = model(tmp_path, "gemma3"), options(tmp_path / "kv")
    first = msgspec.structs.replace(asked(LONG), max_tokens=1)
    second, other = asked(LONG, "It adds.", "And the other way round?"), asked(LONG[: WINDOW * 4] + "?", "No.", "Why?")

    async def scenario() -> None:
        read = (await converse(path, first, kv, keep="s1")).finished.tokens_new
        plain = LoadOptions(n_batch=64)
        cold, elsewhere = await converse(path, second, plain), await converse(path, other, plain)
        async with llama(path, n_ctx=1024, options=kv) as provider:
            restored = await answer(provider, second)
            assert restored.finished.tokens_cached == read
            whole = restored.finished.tokens_new + restored.finished.tokens_cached
            assert whole == restored.finished.tokens_sent, "nothing of the prompt counts as lost"
            assert restored.text == cold.text
            back = await answer(provider, other)
            assert back.text == elsewhere.text
            assert back.finished.reuses
            assert (await answer(provider, second)).text == cold.text
            again = await answer(provider, second)
            assert again.finished.tokens_new == 1, "what was read here can be gone on from anywhere"

    asyncio.run(scenario())


def test_the_fixed_beginning_serves_a_conversation_that_was_never_saved(tmp_path: Path) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"

    async def scenario() -> None:
        await converse(path, asked("one"), options(folder), keep="s1")
        names = [file.name.split(".")[1] for file in states(folder)]
        assert len(names) == 2
        assert names[0].startswith("fixed-")
        next(file for file in states(folder) if file.name.split(".")[1] == "s1").unlink()
        other = await converse(path, asked("Two, and something else."), options(folder))
        assert other.finished.tokens_cached >= len(SYSTEM.text)

    asyncio.run(scenario())


def test_a_question_in_between_leaves_the_conversation_in_memory(tmp_path: Path) -> None:
    path = model(tmp_path)

    async def scenario() -> None:
        async with llama(path, n_ctx=1024) as provider:
            first = await answer(provider, asked(LONG))
            label = (SYSTEM, ChatTurn(role="user", text="Say with one label what this is: " + "x" * 50))
            found = await provider.score(label, ("a", "b"))
            assert await provider.count_tokens(label) > 100
            second = await answer(provider, asked(LONG, first.text, "More."))
            assert second.finished.tokens_cached >= first.finished.tokens_new
            assert await provider.score(label, ("a", "b")) == pytest.approx(found, abs=1e-3)
        async with llama(path, n_ctx=1024) as provider:
            undisturbed = await answer(provider, asked(LONG))
            again = await answer(provider, asked(LONG, undisturbed.text, "More."))
            assert again.text == second.text

    asyncio.run(scenario())


def damage(file: Path, at: int, value: bytes) -> None:
    """Overwrite bytes of a file, its times kept."""
    found = file.stat()
    with file.open("r+b") as stream:
        stream.seek(at if at >= 0 else found.st_size + at)
        stream.write(value)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_a_rotten_state_is_thrown_away_and_evaluated_instead(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"
    caplog.set_level(logging.INFO, LOG)

    async def scenario() -> None:
        first = await converse(path, asked(LONG), options(folder), keep="s1")
        for file in states(folder):
            damage(file, file.stat().st_size // 2, b"\x5a\xa5")
        again = await converse(path, asked(LONG), options(folder))
        assert again.finished.tokens_cached == 0
        assert again.text == first.text
        assert "was thrown away: it is damaged" in caplog.text

    asyncio.run(scenario())


def test_the_states_of_a_file_that_changed_are_thrown_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"
    caplog.set_level(logging.INFO, LOG)

    async def scenario() -> None:
        await converse(path, asked(LONG), options(folder), keep="s1")
        write_tiny_gguf(path, architecture="qwen2", n_ctx=2048, layers=2, seed=7)
        again = await converse(path, asked(LONG), options(folder))
        assert again.finished.tokens_cached == 0
        assert not states(folder)
        assert "made with another model file" in caplog.text

    asyncio.run(scenario())


def test_states_are_private_bounded_and_left_alone_where_nothing_is_new(tmp_path: Path) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"

    async def scenario() -> None:
        async with llama(path, n_ctx=1024, options=options(folder)) as provider:
            await answer(provider, asked(LONG))
            assert await provider.keep("s1") > 300
            assert await provider.keep("s1") == 0
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
        room = sum(file.stat().st_size for file in states(folder))
        for file in states(folder):
            os.utime(file, (1, 1) if ".s1." in file.name else None)
        async with llama(path, n_ctx=1024, options=options(folder, max_bytes=room)) as provider:
            await answer(provider, asked("Something else. " + LONG))
            assert await provider.keep("s2") > 0
        names = {file.name.split(".")[1] for file in states(folder)}
        assert "s2" in names
        assert "s1" not in names
        assert sum(file.stat().st_size for file in states(folder)) <= room

    asyncio.run(scenario())


def test_a_keep_that_nobody_waits_for_any_more_ends_by_itself_and_costs_no_model(tmp_path: Path) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"

    async def scenario() -> None:
        async with llama(path, n_ctx=1024, options=options(folder)) as provider:
            await answer(provider, asked(LONG))
            pid = provider.pid
            os.kill(pid, signal.SIGSTOP)  # as slow as a disk can be
            try:
                keeping = asyncio.create_task(provider.keep("s1"))
                await asyncio.sleep(0)
                keeping.cancel()
                # longer than a generation has to come to rest
                await asyncio.wait({keeping}, timeout=CANCEL_GRACE * 1.5)
                assert provider.pid == pid
            finally:
                if provider.pid:
                    os.kill(pid, signal.SIGCONT)
            await asyncio.wait({keeping})
            assert [file.name.split(".")[1] for file in states(folder)].count("s1") == 1
            again = await answer(provider, asked(LONG))
            assert (provider.pid, again.finished.tokens_new) == (pid, 1)

    asyncio.run(scenario())


def test_without_room_or_a_writable_folder_it_goes_on_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = model(tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    caplog.set_level(logging.INFO, LOG)

    async def scenario(kv: LoadOptions) -> None:
        async with llama(path, n_ctx=1024, options=kv) as provider:
            first = await answer(provider, asked(LONG))
            assert await provider.keep("s1") == 0
            again = await answer(provider, asked(LONG))
            assert again.text == first.text

    asyncio.run(scenario(options(blocked / "kv")))
    assert "could not be saved" in caplog.text
    asyncio.run(scenario(options(tmp_path / "small", max_bytes=1000)))
    assert not states(tmp_path / "small")


async def figures(provider: LlamaCppProvider, turns: Sequence[str]) -> tuple[int, int]:
    found = (await answer(provider, asked(*turns))).finished
    return found.tokens_new, found.tokens_cached


def test_two_conversations_take_turns_without_reading_anything_twice(tmp_path: Path) -> None:
    path, folder = model(tmp_path), tmp_path / "kv"
    one, two = "First. " + LONG, "Second. " + LONG

    async def scenario() -> None:
        async with llama(path, n_ctx=1024, options=options(folder)) as provider:
            new, _ = await figures(provider, [one])
            await provider.keep("s1")
            await figures(provider, [two])
            await provider.keep("s2")
            again, cached = await figures(provider, [one, "Yes.", "Go on."])
            assert cached >= new
            assert again < 100

    asyncio.run(scenario())


def test_a_hybrid_model_says_that_it_cannot_go_back_and_still_goes_on(tmp_path: Path) -> None:
    path, folder = model(tmp_path, "lfm2"), tmp_path / "kv"

    async def scenario() -> None:
        async with llama(path, n_ctx=1024, options=options(folder)) as provider:
            first = await answer(provider, GenerateRequest(messages=asked(LONG).messages, max_tokens=1))
            assert not first.finished.reuses
            # a prompt that goes on from all that was read is read from there
            longer = (*asked(LONG).messages, ChatTurn(role="assistant", text=first.text))
            assert await provider.keep("s1") > 300
            again = await answer(provider, asked("Something else. " + LONG))
            assert again.finished.tokens_cached == 0
            label = await provider.score((SYSTEM, ChatTurn(role="user", text="x" * 60)), ("a", "b"))
            assert all(logprob < 0 for logprob in label)
        cold = await converse(path, GenerateRequest(messages=longer, max_tokens=12), LoadOptions(n_batch=64))
        restored = await converse(path, GenerateRequest(messages=longer, max_tokens=12), options(folder))
        assert restored.text == cold.text
        assert restored.finished.tokens_cached > 300

    asyncio.run(scenario())


def test_a_prompt_that_would_take_too_long_is_not_read(tmp_path: Path) -> None:
    path = model(tmp_path)
    request = msgspec.structs.replace(asked(LONG), ask_above_s=1e-6)

    async def scenario() -> None:
        rates = Rates(tmp_path / "rates.json")
        async with llama(path, n_ctx=1024, options=LoadOptions(n_batch=64), rates=rates) as provider:
            # nothing was measured here yet: one batch is read, and stays
            held = [event async for event in provider.generate(request)][-1]
            assert isinstance(held, PromptHeld)
            assert (held.cached, held.read) == (0, 64)
            said = await answer(provider, asked(LONG))
            assert said.finished.tokens_cached == 64
            assert said.finished.tokens_new == held.new
            assert said.prompt[0].seconds > 0
            assert [event.done for event in said.prompt][-1] == held.new
            # what is known already costs nothing
            patient = msgspec.structs.replace(request, ask_above_s=60.0)
            assert (await answer(provider, patient)).finished.tokens_cached > 300
        async with llama(path, n_ctx=1024, rates=Rates(tmp_path / "rates.json")) as provider:
            first = [event async for event in provider.generate(request)][-1]
            assert isinstance(first, PromptHeld)
            assert (first.cached, first.read) == (0, 0)
            assert first.seconds > 0

    asyncio.run(scenario())
