"""Names and outputs that would steer a terminal, through the commands of the shell: none of it arrives there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

NAME = "evil\x1b]0;title\x07\x1b[2J\x9b1m\x08\u202egnp"
TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SPEAKS = "execute sh speak.sh"


def codey(folder: Path, *args: str) -> tuple[str, str]:
    """Run `codey` in the folder's hostile workspace; what it said on standard output and error."""
    env = {
        **os.environ,
        "CODEY_CONFIG_DIR": str(folder / "config"),
        "CODEY_DATA_DIR": str(folder / "data"),
        "CODEY_RUNTIME_DIR": str(folder / "run"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "codey_tui", *args], cwd=folder / NAME, env=env, capture_output=True, check=False
    )
    return done.stdout.decode(), done.stderr.decode()


def test_no_command_prints_what_a_terminal_obeys(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / f"{NAME}.txt").write_text("x\n")
    script = r"printf 'one\033]52;c;eA==\007two\033[2J\rthree\302\2331m\n'"
    (tmp_path / NAME / "speak.sh").write_text(script)
    said = {args: codey(tmp_path, *args) for args in (
        ("run", SPEAKS, "--approve", "all"),
        ("run", "list files", "--approve", "all"),
        ("run", SPEAKS, "--approve", "all", "--json"),
        ("sessions",),
        ("sessions", "--json"),
        ("audit",),
        ("audit", "--json"),
        ("rules",),
        ("doctor",),
        ("config",),
        ("trust",),
        ("route", f"read {NAME}.txt"),
        ("stop",),
        ("run", "read nothing.txt", "--workspace", f"/nowhere/{NAME}"),
    )}  # fmt: skip
    for args, (output, errors) in said.items():
        assert TERMINAL.findall(output + errors) == [], args
    assert "onetwo\n    three" in said["run", SPEAKS, "--approve", "all"][0]
    assert "evil" in said["run", "list files", "--approve", "all"][0]
    assert "speak.sh" in said["audit",][0]
    rows = json.loads(said["audit", "--json"][0])
    assert len(rows) == 3
    assert "evil" in said["run", "read nothing.txt", "--workspace", f"/nowhere/{NAME}"][1]
