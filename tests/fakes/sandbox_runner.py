"""Runs command lines in one sandbox, and keeps what they printed while they ran."""

import threading
from collections.abc import Sequence
from pathlib import Path

from codey_tui.sandbox import Completed, Limits, Sandbox


class Runner:
    """A sandbox, the workspace it runs in, what was heard so far, and the event that cancels."""

    def __init__(self, sandbox: Sandbox, workspace: Path) -> None:
        self.sandbox = sandbox
        self.workspace = workspace
        self.cancel = threading.Event()
        self.shown: list[str] = []

    def __call__(self, command: str | Sequence[str], **limits: float | bool) -> Completed:
        argv = ["/bin/sh", "-c", command] if isinstance(command, str) else command
        return self.sandbox.run(
            argv,
            cwd=self.workspace,
            workspace=self.workspace,
            env={"GIVEN": "yes"},
            limits=Limits(**limits),  # type: ignore[arg-type]
            on_output=self.heard,
            cancel=self.cancel,
        )

    def heard(self, text: str) -> None:
        self.shown.append(text)
