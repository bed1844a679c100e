"""Pictures of every screen and state at the three sizes. Record with --snapshot-update, after looking at them."""

import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.scenarios import SCENARIOS, SIZES, act_out, stage_of

MEDIUM, WIDE, NARROW = SIZES
# What opens over the workbench looks alike at every size; the states of the workbench itself are drawn at all three.
OVERLAYS = (
    "help",
    "palette",
    "quit",
    "sessions",
    "modes",
    "models",
    "fits",
    "pulling",
    "themes",
    "commands",
    "files",
    "lines",
    "message",
)
CASES = [(name, size) for name in SCENARIOS for size in ((MEDIUM,) if name in OVERLAYS else SIZES)]
CASES += [
    ("help", NARROW),
    ("fits", NARROW),
    ("pulling", NARROW),
    ("quit", NARROW),
    ("palette", NARROW),
    ("big-plan", (80, 16)),
    ("action", (48, 18)),
]


def _name(value: object) -> str:
    return f"{value[0]}x{value[1]}" if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("name", "size"), CASES, ids=_name)
def test_picture(name: str, size: tuple[int, int], snap_compare: Any, tmp_path: Path) -> None:
    stage = stage_of(name, tmp_path)

    async def prepare(pilot: Pilot[Any]) -> None:
        await act_out(stage, name, pilot)

    assert snap_compare(stage.app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("theme", ["codey-light", "high-contrast", "ember", "tide"])
def test_theme(theme: str, snap_compare: Any, tmp_path: Path) -> None:
    stage = stage_of("action", tmp_path, theme=theme)

    async def prepare(pilot: Pilot[Any]) -> None:
        await act_out(stage, "action", pilot)

    assert snap_compare(stage.app, terminal_size=WIDE, run_before=prepare)


def test_no_color_leaves_no_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setenv("NO_COLOR", "1")
    stage = stage_of("action", tmp_path)

    async def draw() -> str:
        async with stage.app.run_test(size=WIDE) as pilot:
            await act_out(stage, "action", pilot)
            return stage.app.export_screenshot()

    svg = asyncio.run(draw())
    colours = set(re.findall(r"fill: ?#([0-9a-f]{6})", svg)) | set(re.findall(r'<rect fill="#([0-9a-f]{6})"', svg))
    assert colours
    tinted = [c for c in colours if max(*bytes.fromhex(c)) - min(*bytes.fromhex(c)) > 24]
    assert tinted == []
