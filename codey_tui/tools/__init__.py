"""What a plan or a model can do to the machine: one file per tool, each judged before it runs."""

from codey_tui.tools.base import Tool, ToolContext, ToolError

__all__ = ["Tool", "ToolContext", "ToolError"]
