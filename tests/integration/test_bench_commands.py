"""`codey bench` from end to end: a real engine, a real child with llama.cpp, and a bare loop beside them. No figure is judged."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.llama_bench import write_llama_bench
from tests.fakes.shell import codey, command, environment
from tests.fakes.tiny_gguf import write_tiny_gguf

pytestmark = [pytest.mark.model]


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that never stops talking."""
    path = tmp_path_factory.mktemp("models") / "talker.gguf"
    return write_tiny_gguf(path, say=[f"word{number} " for number in range(40)], ring=True, n_ctx=1024)


def told(*args: str, cwd: Path) -> dict[str, Any]:
    done = codey("bench", *args, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.terminal
def test_speed_with_a_screen_against_a_bare_loop(talker: Path, tmp_path: Path) -> None:
    found = told("speed", "--model", str(talker), "--rounds", "1", "--seconds", "0.5", cwd=tmp_path)
    assert found["reference"] == "a bare llama.cpp loop" and found["screen_attached"] and found["complete"]
    assert found["prompt_tokens"] > 100 and found["generation_tokens"] >= 8
    for figure in ("codey_prompt", "reference_prompt", "codey_generation", "reference_generation"):
        assert found[f"{figure}_tokens_per_s"]["median"] > 0
    assert found["setup"]["threads_generation"] == 1  # what the child takes for a model as small as this
    assert not list(tmp_path.iterdir())


def test_speed_against_the_tool_measures_the_same_tokens(talker: Path, tmp_path: Path) -> None:
    program, calls = write_llama_bench(tmp_path)
    args = ("--rounds", "1", "--seconds", "0.5", "--no-screen", "--reference", str(program))
    done = codey("bench", "speed", "--model", str(talker), *args)
    assert done.returncode == 0, done.stderr
    assert "against llama-bench" in done.stdout and "median of 1 round" in done.stdout
    assert "1000.0 tok/s" in done.stdout and "\x1b" not in done.stdout
    rows = [json.loads(line)["args"] for line in calls.read_text().splitlines()]
    assert len(rows) == 2 and all(row[row.index("-m") + 1] == str(talker) for row in rows)
    assert f"Prompt evaluation, {rows[0][rows[0].index('-p') + 1]} tokens" in done.stdout
    assert f"Generation, {rows[1][rows[1].index('-n') + 1]} tokens" in done.stdout


def test_what_was_measured_is_told_after_an_interruption(talker: Path, tmp_path: Path) -> None:
    given = ("--rounds", "100", "--seconds", "0.5", "--no-screen", "--json")
    args = command("bench", "speed", "--model", str(talker), *given)
    with subprocess.Popen(
        args, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("round 2 of 100"):
                break
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    found = json.loads(out)
    assert process.returncode == 130 and found["rounds"] >= 1 and not found["complete"]


def test_memory_of_every_way_to_load(talker: Path, tmp_path: Path) -> None:
    found = told("memory", "--model", str(talker), cwd=tmp_path)
    assert [(one["n_ctx"], one["kv_type"]) for one in found["cases"]] == [
        (size, kv) for size in (256, 512, 1024) for kv in ("f16", "q8_0")
    ]
    assert all(one["measured_bytes"] > 2**20 and one["forecast_bytes"] > 2**20 for one in found["cases"])
    assert found["complete"]


@pytest.mark.terminal
def test_latency_tells_what_was_cached(talker: Path, tmp_path: Path) -> None:
    found = told("latency", "--model", str(talker), cwd=tmp_path)
    first = {one["case"]: one for one in found["first_text"]}
    assert first["cold"]["tokens_cached"] < first["cold"]["tokens_new"]
    assert first["warm"]["tokens_cached"] > first["warm"]["tokens_new"]
    assert first["cold"]["load_s"] > 0 and first["restored"]["first_text_s"] > 0
    assert found["screen"]["keys"] == 30 and found["screen"]["events"] > 0


def test_a_model_that_is_none_is_told_of(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    for what, name, words in (
        ("speed", "./nothing.gguf", "nothing.gguf"),
        ("memory", str(broken), "broken.gguf"),
        ("latency", "unheard-of", "no model"),
    ):
        done = codey("bench", what, "--model", name, cwd=tmp_path)
        assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
        assert done.stderr.startswith("Error: ") and not done.stdout


def test_a_reference_that_is_none_is_told_of(talker: Path, tmp_path: Path) -> None:
    done = codey("bench", "speed", "--model", str(talker), "--reference", "./nothing", cwd=tmp_path)
    assert done.returncode == 2 and "no program ./nothing" in done.stderr
