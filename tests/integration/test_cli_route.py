"""`codey route` as a program of its own: what it prints, how it fails, and what it does not load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = {f"CODEY_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    return {**os.environ, **folders, "PYTHONPATH": str(Path(__file__).parents[2])}


def codey(environment: dict[str, str], folder: Path, *args: str, given: bytes = b"") -> subprocess.CompletedProcess:
    command = [sys.executable, "-P", "-m", "codey_tui", "route", *args]
    return subprocess.run(command, cwd=folder, env=environment, input=given, capture_output=True, timeout=60)


def test_one_request_as_lines_and_as_json(environment: dict[str, str], tmp_path: Path) -> None:
    shown = codey(environment, tmp_path, "git log -3").stdout.decode()
    assert "kind        tool" in shown
    assert "rule:git" in shown
    found = json.loads(codey(environment, tmp_path, "git log -3", "--json").stdout)
    assert (found["kind"], found["tool"], found["args"]) == ("tool", "git", {"op": "log", "count": 3})
    assert found["ms"] > 0
    assert 0 < found["confidence"] <= 1


def test_one_line_in_is_one_object_out(environment: dict[str, str], tmp_path: Path) -> None:
    lines = [
        b"what is 2+2",
        b"",
        b"what does git status do?",
        b"\xff\xfe",
        b"show me the last 3 commits",
        b"x" * 200_000,
    ]
    done = codey(environment, tmp_path, "-", given=b"\n".join(lines) + b"\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["kind"] for row in found[:3]] == ["calc", "clarify", "question"]
    assert found[4]["decided_by"] == "linear"
    assert (len(found), done.returncode, done.stderr) == (len(lines), 0, b"")


@pytest.mark.parametrize("args", [(), ("",), ("--nonsense",)])
def test_bad_usage_gets_a_sentence(environment: dict[str, str], tmp_path: Path, args: tuple[str, ...]) -> None:
    done = codey(environment, tmp_path, *args)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"Error: " in done.stderr


def test_there_are_no_corrections_at_first(environment: dict[str, str], tmp_path: Path) -> None:
    done = codey(environment, tmp_path, "--corrections")
    assert (done.returncode, done.stdout) == (0, b"")


def test_routing_loads_neither_screen_nor_model_nor_engine_process(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys; from codey_tui.cli import cli; cli.main(['route', 'walk me through closures'], standalone_mode=False);"
        "print([name for name in ('textual', 'fastapi', 'llama_cpp', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.stdout.decode().splitlines()[-1] == "[]"
