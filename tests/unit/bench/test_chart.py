"""Figures as text and as bars, in a real terminal of 48 columns."""

import io
import os
import pty
import re
from pathlib import Path

import pytest

from codey_tui.bench.chart import Bar, Group, draw, lines

GROUPS = (
    Group("Generation, 64 tokens", (Bar("Codey", 50.0, "50.0 tok/s (49.1-50.2)"), Bar("llama.cpp", 25.0, "25.0 tok/s", marked=False))),
    Group("Prompt evaluation, 512 tokens", (Bar("Codey", 0.0, "does not fit here"),)),
)  # fmt: skip
BLOCKS = re.compile("[▏▎▍▌▋▊▉█]")


def drawn(monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    """What a terminal is sent."""
    for name, value in {"COLUMNS": "48", "TERM": "xterm-256color", **env}.items():
        monkeypatch.setenv(name, value)
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        draw(GROUPS, terminal)
        terminal.flush()
        data = b""
        while b"fit here" not in data or not data.endswith(b"\n"):
            data += os.read(master, 65_536)
    os.close(master)
    return data.decode().replace("\r\n", "\n")


def test_without_a_terminal_it_is_plain_text(tmp_path: Path) -> None:
    file = io.StringIO()
    draw(GROUPS, file)
    assert file.getvalue() == lines(GROUPS)
    assert file.getvalue().splitlines()[:3] == [
        "Generation, 64 tokens",
        "  Codey      50.0 tok/s (49.1-50.2)",
        "  llama.cpp  25.0 tok/s",
    ]


def test_bars_fit_into_48_columns_and_are_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", drawn(monkeypatch))
    rows = text.splitlines()
    assert max(map(len, rows)) <= 48
    longer, shorter = (len(BLOCKS.findall(row)) for row in rows[1:3])
    assert longer >= 8 and abs(shorter - longer / 2) <= 1
    assert "50.0 tok/s (49.1-50.2)" in rows[1] and not BLOCKS.search(rows[4])


def test_colours_are_left_out_when_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32;" in drawn(monkeypatch)
    plain = drawn(monkeypatch, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain) and BLOCKS.search(plain)


def test_a_terminal_without_a_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, TERM="dumb") == lines(GROUPS)
