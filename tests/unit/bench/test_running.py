"""Programs that measure: what they print is read whatever else they say, and none is waited for without end."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from codey_tui.bench.running import read_json_lines
from codey_tui.bench.turns import BenchFailed

SAYS_MUCH = """
import sys
sys.stderr.write("a line of some library\\n" * 20000)
sys.stderr.flush()
print("llama_model_loader: loaded")
print("[1, 2]")
print('{"round": 1}', flush=True)
sys.stderr.write("the model is broken\\n\\n")
sys.exit(int(sys.argv[1]))
"""
SILENT = """
import os, sys, time
open(sys.argv[1], "w").write(str(os.getpid()))
print('{"round": 1}', flush=True)
time.sleep(600)
"""


def read(script: str, argument: str, silence_s: float = 60.0) -> list[dict[str, Any]]:
    with closing(read_json_lines([sys.executable, "-c", script, argument], silence_s=silence_s)) as lines:
        return list(lines)


def test_a_program_that_says_much_beside_its_figures_is_read_to_its_end() -> None:
    assert read(SAYS_MUCH, "0") == [{"round": 1}]


def test_the_last_thing_said_tells_why_it_failed() -> None:
    with pytest.raises(BenchFailed, match=r"^the model is broken$"):
        read(SAYS_MUCH, "3")


def test_a_silent_program_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(BenchFailed, match="Nothing was heard"):
        read(SILENT, str(file), silence_s=1.0)
    pid = file.read_text() if file.exists() else ""
    assert not pid or not Path(f"/proc/{pid}").exists()
