"""`codey models probe` with the real llama.cpp: measured, kept, followed by the next load; ended early it leaves nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from codey_tui.inference.gguf import inspect
from codey_tui.paths import Paths
from codey_tui.settings import load
from codey_tui.tuning import Tuning, probes_here
from tests.fakes.generating import PATIENCE_S, answer, ask
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = pytest.mark.model


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    folders = {f"CODEY_{kind.upper()}_DIR": str(tmp_path / kind) for kind in ("config", "data", "runtime")}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("CODEY_")}, **folders}


def codey(home: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "codey_tui", *arguments]
    return subprocess.run(command, env=home, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_a_model_is_measured_kept_and_shown_and_the_next_load_follows(tmp_path: Path, home: dict[str, str]) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=1024)
    done = codey(home, "models", "probe", str(path), "--seconds", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["threads_prompt"] >= 1
    assert found["n_batch"] in (64, 128, 256)
    asked = {row["what"].partition(",")[0] for row in found["speeds"]}
    assert asked == {"threads for generation", "threads for prompts", "batch", "KV cache"}
    assert isinstance(found["flash"], bool), "a model this small is read deep enough in any time"
    assert all(row["prompt"] > 0 or row["generation"] > 0 for row in found["speeds"])
    assert "threads for prompts, round 1" in done.stderr
    paths = Paths.locate(home)
    kept = probes_here(paths).get(inspect(path)).probe
    assert kept is not None
    assert kept.n_batch == found["n_batch"]
    asyncio.run(_next_load(path, paths, found))
    shown = json.loads(codey({**home, "CODEY_MODEL": str(path)}, "doctor", "--json").stdout)
    values = [finding["value"] for finding in shown if finding["name"].startswith("speed ")]
    assert any("measured: " in value and "in use: " in value for value in values), values


TALKATIVE = """
import sys
if "codey_tui.inference.probing" in sys.orig_argv:
    print("a library says hello", flush=True)
    sys.stderr.write("and more of it\\n" * 20000)
"""


def test_a_library_that_says_much_does_not_hold_it_up(tmp_path: Path, home: dict[str, str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(TALKATIVE)
    path = write_tiny_gguf(tmp_path / "m.gguf", n_ctx=1024)
    talkative = {**home, "PYTHONPATH": str(tmp_path)}
    done = codey(talkative, "models", "probe", str(path), "--seconds", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["threads_prompt"] >= 1


async def _next_load(path: Path, paths: Paths, found: dict[str, int]) -> None:
    """As the engine loads it."""
    from codey_tui.inference.providers.llama_cpp import LlamaCppProvider

    tuning = Tuning(paths, load(paths, paths.config_dir, {}), path)
    provider = LlamaCppProvider("m", path, n_ctx=512, nice=0, tune=tuning.options, used=tuning.used)
    try:
        result = await answer(provider, ask("x" * 300, max_tokens=20))
    finally:
        await provider.unload()
    steps = [event.done for event in result.prompt]
    assert steps[1] == found["n_batch"], "it reads in the batches that were measured to be best"
    assert result.finished.threads <= max(found["threads_prompt"], found["threads_generation"])


def test_ended_early_it_leaves_nothing(tmp_path: Path, home: dict[str, str]) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", layers=8, n_ctx=1024)
    command = [sys.executable, "-m", "codey_tui", "models", "probe", str(path), "--seconds", "3600"]
    with subprocess.Popen(command, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "threads for generation" in process.stderr.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        process.stderr.read()
    assert children
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not list(Path(home["CODEY_DATA_DIR"]).glob("*probes*"))


def test_what_is_no_model_gets_a_sentence(tmp_path: Path, home: dict[str, str]) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF nonsense")
    for name in (str(bad), str(tmp_path / "missing.gguf"), "no-such-model"):
        done = codey(home, "models", "probe", name)
        assert done.returncode == 2, (name, done.returncode, done.stderr)
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr
