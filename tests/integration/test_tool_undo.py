"""What the file tool announces is enough for a checkpoint to bring back the exact workspace."""

import threading
from pathlib import Path
from typing import Any

import pytest

from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.sandbox import Limits, Rlimits
from codey_tui.tools import ToolContext, registry
from tests.fakes.picture import picture

CALLS: list[list[dict[str, Any]]] = [
    [{"op": "write", "path": "new/deep/a.txt", "content": "x"}],
    [{"op": "write", "path": "a.txt", "content": "changed"}],
    [{"op": "write", "path": "link.txt", "content": "changed through a link"}],
    [{"op": "mkdir", "paths": ["p/q/r", "s"]}],
    [{"op": "delete", "path": "a.txt"}],
    [{"op": "delete", "path": "link.txt"}],
    [{"op": "delete", "path": "tree"}],
    [{"op": "move", "path": "a.txt", "target": "tree/"}],
    [{"op": "move", "path": "tree", "target": "elsewhere/tree"}],
    [{"op": "copy", "path": "tree", "target": "copy/of/tree"}],
    [{"op": "copy", "path": "a.txt", "target": "b.txt"}],
    [
        {"op": "move", "path": "tree", "target": "moved"},
        {"op": "write", "path": "moved/sub/b.bin", "content": "text now"},
        {"op": "delete", "path": "moved"},
        {"op": "mkdir", "path": "tree"},
        {"op": "write", "path": "tree/other.txt", "content": "x"},
    ],
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "tree" / "sub" / "empty").mkdir(parents=True)
    (folder / "a.txt").write_text("first\r\nno newline at the end")
    (folder / "a.txt").chmod(0o640)
    (folder / "tree" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "tree" / "run.sh").chmod(0o755)
    (folder / "tree" / "sub" / "b.txt").write_text("")
    (folder / "tree" / "sub" / "up").symlink_to("../../a.txt")
    (folder / "link.txt").symlink_to("a.txt")
    return folder


@pytest.mark.parametrize("calls", CALLS, ids=lambda calls: "-".join(f"{call['op']}" for call in calls))
def test_undo_brings_the_exact_workspace_back(workspace: Path, tmp_path: Path, calls: list[dict[str, Any]]) -> None:
    before = picture(workspace)
    checkpoints = Checkpoints(tmp_path / "state", workspace)
    context = ToolContext(
        workspace=workspace,
        sandbox=Rlimits(),
        limits=Limits(),
        on_output=lambda _text: None,
        cancel=threading.Event(),
        before_change=lambda path: checkpoints.before(1, path),
    )
    tool = registry.find("file")
    for call in calls:
        args = registry.decode(tool, call)
        tool.assess(args, context)
        assert tool.run(args, context).ok
    assert picture(workspace) != before
    Checkpoints(tmp_path / "state", workspace).undo(1)
    assert picture(workspace) == before
