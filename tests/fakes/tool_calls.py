"""Calls of tools as the engine makes them, with a record of what they announced and printed."""

import threading
from pathlib import Path
from typing import Any

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.sandbox import Limits, Sandbox
from codey_tui.tools import ToolContext, registry


class ToolCalls:
    """One workspace; `announced` are the paths that tools named before they changed them."""

    def __init__(self, workspace: Path, sandbox: Sandbox) -> None:
        self.workspace = workspace
        self.cancel = threading.Event()
        self.announced: list[str] = []
        self.printed: list[str] = []
        self.context = ToolContext(
            workspace=workspace,
            sandbox=sandbox,
            limits=Limits(seconds=60),
            on_output=self.printed.append,
            cancel=self.cancel,
            before_change=self.announced.append,
        )

    def assess(self, name: str, **args: Any) -> tuple[Risk, Preview]:
        """Risk and preview. Raises ToolError."""
        tool = registry.find(name)
        return tool.assess(registry.decode(tool, args, name), self.context)

    def run(self, name: str, **args: Any) -> ActionResult:
        """Assess, then run. Raises ToolError."""
        tool = registry.find(name)
        decoded = registry.decode(tool, args, name)
        tool.assess(decoded, self.context)
        return tool.run(decoded, self.context)

    def make(self, path: str, content: str = "") -> Path:
        """A file of the workspace, with its folders."""
        place = self.workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        return place
