"""A workspace, and calls of tools in it as the engine makes them: decode, assess, run."""

from pathlib import Path

import pytest

from codey_tui.sandbox import Rlimits
from tests.fakes.tool_calls import ToolCalls


@pytest.fixture
def calls(tmp_path: Path) -> ToolCalls:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return ToolCalls(workspace, Rlimits())
