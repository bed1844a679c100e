"""What a tool is, and what it is given to work with."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.sandbox import Limits, OnOutput, Sandbox


class ToolError(Exception):
    """A tool cannot do what it was asked; the sentence goes to the person and back to the model."""


class Fields(NamedTuple):
    """Which arguments one operation of a tool must have, and which it may have besides; a tool with operations lists them
    in `Args.OPERATIONS`, by the value of `op`."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """The surroundings of one call. `before_change` must be called with the workspace-relative path of a file or folder
    before it is created, changed or removed, so that it can be brought back."""

    workspace: Path
    sandbox: Sandbox
    limits: Limits
    on_output: OnOutput
    cancel: threading.Event
    before_change: Callable[[str], None]


class Tool(Protocol):
    """A tool by its name. `args` is an instance of `Args`, decoded by `registry.decode`; both methods block and raise
    ToolError, `run` also SandboxRefused. `assess` looks and changes nothing; `run` is only called for what was assessed and allowed."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def Args(self) -> type[msgspec.Struct]: ...  # noqa: N802 - it names a class

    def assess(self, args: Any, context: ToolContext) -> tuple[Risk, Preview]: ...

    def run(self, args: Any, context: ToolContext) -> ActionResult: ...
