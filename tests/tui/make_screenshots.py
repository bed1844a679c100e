"""Draws screenshots/*.svg from the scenarios of the snapshot tests: `python -m tests.tui.make_screenshots [FOLDER]`."""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

PICTURES = {
    "plan": ("big-plan", (120, 36), "codey-dark"),
    "writing": ("writing", (120, 36), "codey-dark"),
    "approval": ("action", (120, 36), "codey-dark"),
    "done-light": ("done", (120, 36), "codey-light"),
    "small-terminal": ("diff", (80, 24), "tide"),
    "phone": ("planned", (48, 60), "codey-dark"),
    "help": ("help", (80, 24), "ember"),
    "high-contrast": ("dangerous", (80, 24), "high-contrast"),
}
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def draw(scenario: str, size: tuple[int, int], theme: str) -> str:
    """One picture as SVG, which needs no font from the network."""
    from tests.tui.scenarios import act_out, stage_of

    with tempfile.TemporaryDirectory() as folder:
        stage = stage_of(scenario, Path(folder), theme=theme)
        async with stage.app.run_test(size=size) as pilot:
            await act_out(stage, scenario, pilot)
            svg = stage.app.export_screenshot()
    return _FONT.sub("", svg).replace("Fira Code", "DejaVu Sans Mono")


def main(folder: Path) -> None:
    """Draw all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (scenario, size, theme) in PICTURES.items():
        svg = asyncio.run(draw(scenario, size, theme))
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "screenshots")
