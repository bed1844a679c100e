"""Everything a model file or its process may do wrong ends in an error type with a sentence, and the next try works."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from benchmarks.footprint import OVER, UNDER, Case, measure
from codey_tui.inference.footprint import forecast
from codey_tui.inference.frames import KvType, LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.provider import (
    ChildDied,
    InferenceError,
    ModelBroken,
    ModelMissing,
    ModelTooLarge,
    PromptProgress,
    StalledGeneration,
    Token,
)
from codey_tui.inference.shape import shape_of
from tests.fakes.generating import PATIENCE_S, answer, ask, llama
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model


def failure_of(path: Path, kind: type[InferenceError], *, budget: int = 0, n_ctx: int = 512) -> str:
    """The sentence with which a generation fails."""

    async def scenario() -> str:
        async with llama(path, budget=budget, n_ctx=n_ctx) as provider:
            with pytest.raises(kind) as caught:
                await answer(provider, ask())
            assert type(caught.value) is kind
            assert provider.pid == 0
            return str(caught.value)

    return asyncio.run(scenario())


def test_what_fits_with_flash_attention_only_is_loaded_with_it(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"], n_ctx=4096)
    shape = shape_of(inspect(path))
    usual, least = forecast(shape, 4096), forecast(shape, 4096, flash=True)
    assert least.needs < usual.needs

    async def scenario() -> str:
        async with llama(path, budget=least.needs, n_ctx=4096) as provider:
            return (await answer(provider, ask())).text

    assert "a" in asyncio.run(scenario())
    failure_of(path, ModelTooLarge, budget=least.needs - 1, n_ctx=4096)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "gone.gguf" in failure_of(tmp_path / "gone.gguf", ModelMissing)


def test_a_file_that_is_no_gguf(tmp_path: Path) -> None:
    path = tmp_path / "photo.gguf"
    path.write_bytes(b"\x89PNG" + bytes(1000))
    assert "no GGUF model" in failure_of(path, ModelBroken)


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])
    size = path.stat().st_size
    os.truncate(path, size - 5000)
    assert f"{size - 5000:,} bytes" in failure_of(path, ModelBroken)


def test_an_unknown_architecture(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", architecture="quux9")
    sentence = failure_of(path, ModelBroken)
    assert "quux9" in sentence
    assert "m.gguf" in sentence


def test_a_model_that_lacks_tensors(tmp_path: Path) -> None:
    """The header is in order, but it asks for three layers and the file has one."""
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])
    raw = path.read_bytes()
    key = b"llama.block_count"
    at = raw.index(key) + len(key) + 4
    path.write_bytes(raw[:at] + (3).to_bytes(4, "little") + raw[at + 4 :])
    assert "blk.1" in failure_of(path, ModelBroken)


def test_a_model_above_the_budget_is_not_loaded(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=4096)
    sentence = failure_of(path, ModelTooLarge, budget=10_000_000, n_ctx=4096)
    assert "10 MB" in sentence


def test_a_7b_that_does_not_fit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write_shape_gguf(tmp_path / "seven.gguf", SHAPES["qwen2-7b"])
    sentence = failure_of(path, ModelTooLarge, budget=5_220_000_000, n_ctx=16_384)
    assert sentence.startswith("seven.gguf needs 5,")
    assert "--context 4096" in sentence
    assert "memory_budget_mb" in sentence


@pytest.mark.parametrize(("shape", "n_ctx", "kv_type"), [("gemma3-270m", 1024, "f16"), ("qwen2-0.5b", 4096, "q8_0")])
def test_the_forecast_is_what_the_child_takes(tmp_path: Path, shape: str, n_ctx: int, kv_type: KvType) -> None:
    """A part of `python -m benchmarks.footprint`."""
    case = Case(shape=shape, n_ctx=n_ctx, kv_type=kv_type, prompt=280)
    expected, measured = asyncio.run(measure(case, tmp_path))
    assert -UNDER <= expected / measured - 1 <= OVER


def test_numbers_that_are_none(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])
    raw = bytearray(path.read_bytes())
    raw[-20_000:] = b"\xff" * 20_000  # f16 NaN in the output matrix
    path.write_bytes(raw)
    assert "no numbers" in failure_after_load(path)


def failure_after_load(path: Path) -> str:
    async def scenario() -> str:
        async with llama(path) as provider:
            with pytest.raises(ModelBroken) as caught:
                await answer(provider, ask())
            return str(caught.value)

    return asyncio.run(scenario())


@pytest.mark.parametrize(("number", "word"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV")])
def test_a_child_killed_in_mid_generation(tmp_path: Path, number: signal.Signals, word: str) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            text = ""
            with pytest.raises(ChildDied, match=word):
                async with aclosing(provider.generate(ask(max_tokens=400, pace=20))) as events:
                    async for event in events:
                        if isinstance(event, Token):
                            text += event.text
                            if provider.pid:
                                os.kill(provider.pid, number)
            assert text.startswith("a")
            assert provider.pid == 0
            assert provider.rss == 0
            again = await answer(provider, ask(max_tokens=3))
            assert again.loaded
            assert again.text == "aba"

    asyncio.run(scenario())


def test_a_child_killed_between_generations_is_replaced(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])

    async def scenario() -> None:
        async with llama(path) as provider:
            await answer(provider, ask())
            process = psutil.Process(provider.pid)
            process.kill()
            async with asyncio.timeout(PATIENCE_S):
                while provider.pid:
                    await asyncio.sleep(0.01)
            assert (await answer(provider, ask())).text == "a"

    asyncio.run(scenario())


def test_silence_ends_the_child_after_the_time_out(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            with pytest.raises(StalledGeneration, match="generation_timeout_s"):
                async for event in provider.generate(ask(max_tokens=400, pace=20)):
                    if isinstance(event, Token) and provider.timeout_s > 1:
                        provider.timeout_s = 0.5
                        os.kill(provider.pid, signal.SIGSTOP)
            assert provider.pid == 0
            provider.timeout_s = PATIENCE_S
            assert (await answer(provider, ask(max_tokens=3))).text == "aba"

    asyncio.run(scenario())


def test_a_slow_pace_is_no_silence(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)

    async def scenario() -> None:
        async with llama(path) as provider:
            async for event in provider.generate(ask(max_tokens=2, pace=0.25)):
                if isinstance(event, Token):
                    provider.timeout_s = 3.0  # less than the four seconds between two tokens
            assert provider.pid

    asyncio.run(scenario())


def test_a_slow_prompt_is_no_silence_either(tmp_path: Path) -> None:
    """Each batch counts: together they take longer than the time-out, here since the process is held after each."""
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"], n_ctx=4096, layers=8)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with llama(path, n_ctx=4096) as provider:
            await answer(provider, ask())
            provider.timeout_s = 3.0
            started = loop.time()
            async for event in provider.generate(ask("x" * 2500)):
                if isinstance(event, PromptProgress) and loop.time() - started <= provider.timeout_s:
                    os.kill(provider.pid, signal.SIGSTOP)
                    loop.call_later(1.0, os.kill, provider.pid, signal.SIGCONT)
            assert loop.time() - started > provider.timeout_s
            assert provider.pid

    asyncio.run(scenario())


ORPHAN = """
import asyncio, sys
from pathlib import Path
from codey_tui.inference.provider import Token
from tests.fakes.generating import ask, llama

async def main():
    async with llama(Path(sys.argv[1])) as provider:
        async for event in provider.generate(ask(max_tokens=400, pace=5)):
            if isinstance(event, Token):
                print(provider.pid, flush=True)

asyncio.run(main())
"""


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a", "b"], ring=True)
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(path)], stdout=subprocess.PIPE, text=True, cwd=root)
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=PATIENCE_S)
    assert not alive


def test_a_module_of_the_workspace_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project may have its own numpy.py; the child must take the real one."""
    write_tiny_gguf(tmp_path / "m.gguf", say=["a"])
    for name in ("numpy.py", "json.py", "llama_cpp.py", "codey_tui.py"):
        (tmp_path / name).write_text("raise SystemExit('imported from the workspace')\n")
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with llama(Path("m.gguf")) as provider:
            assert (await answer(provider, ask())).text == "a"

    asyncio.run(scenario())


def test_the_child_is_niced_and_sees_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codey_tui.inference.providers.llama_cpp import LlamaCppProvider

    monkeypatch.setenv("SOME_API_KEY", "secret")
    path = write_tiny_gguf(tmp_path / "m.gguf", say=["a"])

    async def scenario() -> None:
        provider = LlamaCppProvider("m", path, nice=7, n_threads=1, options=LoadOptions(n_batch=64))
        try:
            await answer(provider, ask())
            child = psutil.Process(provider.pid)
            assert child.nice() == psutil.Process().nice() + 7
            assert "SOME_API_KEY" not in child.environ()
        finally:
            await provider.unload()

    asyncio.run(scenario())
