"""The file tree on a real folder: live, batched, quick with 10,000 files, growing files marked."""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets.tree import TreeNode

from codey_tui.protocol import events as ev
from codey_tui.tui.widgets.file_tree import FOLDER_LIMIT
from tests.fakes import tui_script as script
from tests.tui.stage import Stage, make_workspace, play

WIDE = (120, 36)


def names(nodes: Iterable[TreeNode[str]]) -> list[str]:
    return [str(node.label) for node in nodes]


def test_files_come_and_go_while_the_screen_stands(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    stage = Stage(workspace, watch_files=True)

    async def act(pilot: Pilot[Any]) -> None:
        tree = stage.app.workbench.files
        await stage.until(pilot, lambda: names(tree.root.children) == ["src", "greet.py", "README.md"])
        for number in range(100):  # until the watch stands, which nobody tells
            (workspace / f"b{number}.py").write_text("")
            await pilot.pause(0.2)
            if any(name.startswith("b") for name in names(tree.root.children)):
                break
        (workspace / "greet.py").unlink()
        await stage.until(pilot, lambda: "greet.py" not in names(tree.root.children))
        (workspace / "a-folder").mkdir()
        await stage.until(pilot, lambda: names(tree.root.children)[0] == "a-folder")
        shutil.rmtree(workspace / "src")
        await stage.until(pilot, lambda: "src" not in names(tree.root.children))

    asyncio.run(play(stage, script.OPENED, act, WIDE))


def test_the_way_to_a_growing_file_opens_and_shows_its_size(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "deep/er/f.py")
    stage = Stage(workspace)

    async def act(pilot: Pilot[Any]) -> None:
        tree = stage.app.workbench.files
        stage.client.say(ev.FileGrew(path="deep/er/f.py", size=120, lines=4))
        await stage.until(pilot, lambda: "deep/er/f.py" in tree.paths)
        await stage.until(pilot, lambda: "120&#160;B" in stage.app.export_screenshot())

    asyncio.run(play(stage, script.WRITING, act, WIDE))


def test_ten_thousand_files_in_one_folder_are_capped(tmp_path: Path) -> None:
    workspace = tmp_path / "big"
    workspace.mkdir()
    for number in range(10_000):
        (workspace / f"f{number:05}.txt").touch()
    stage = Stage(workspace)

    async def act(pilot: Pilot[Any]) -> None:
        tree = stage.app.workbench.files
        await stage.until(pilot, lambda: len(tree.root.children) == FOLDER_LIMIT + 1)
        assert names(tree.root.children)[-1] == "… 9,000 more"
        stage.client.say(*script.ASKED[2:])  # the screen still follows
        await stage.until(pilot, lambda: stage.app.view.busy)

    asyncio.run(play(stage, script.OPENED, act, WIDE))


def test_folders_are_read_when_they_are_opened(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, *(f"d{a:02}/f{b:02}.py" for a in range(40) for b in range(40)))
    stage = Stage(workspace)

    async def act(pilot: Pilot[Any]) -> None:
        tree = stage.app.workbench.files
        await stage.until(pilot, lambda: len(tree.root.children) == 43)
        assert len(tree.paths) == 44
        await pilot.press("ctrl+o", "enter")
        await stage.until(pilot, lambda: len(tree.root.children[0].children) == 40)
        assert len(tree.paths) == 84

    asyncio.run(play(stage, script.OPENED, act, WIDE))
