"""The sandbox that every POSIX system has: limits and a clean end, but no walls around files or the network."""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from codey_tui.sandbox.base import Completed, Limits, OnOutput
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.process import supervise


class Rlimits:
    """POSIX resource limits, a session of its own, a scrubbed environment. A command can do what the user can."""

    name = "rlimits"

    def problem(self) -> str:
        """Nothing is needed that could be missing."""
        return ""

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        workspace: Path,
        env: Mapping[str, str],
        limits: Limits,
        on_output: OnOutput,
        cancel: threading.Event,
    ) -> Completed:
        """See `Sandbox.run`; nothing keeps the command inside `workspace` here."""
        return supervise(
            argv,
            cwd=cwd,
            env=scrubbed(os.environ, env, network=limits.network),
            limits=limits,
            on_output=on_output,
            cancel=cancel,
        )

    def close(self) -> None:
        """Nothing is held between runs."""
