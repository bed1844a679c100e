"""A tmux server of its own with one window: types keys and reads the screen as a person would."""

import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

WAIT_S = 60.0


class Tmux:
    """Runs a command in a window of a given size; leaving the block ends the server and all in it."""

    def __init__(self, argv: Sequence[str], *, columns: int, rows: int, env: Mapping[str, str], cwd: str) -> None:
        self._name = f"codey-test-{uuid.uuid4().hex[:12]}"
        line = shlex.join(["env", *(f"{name}={value}" for name, value in env.items()), *argv])
        size = ["-x", str(columns), "-y", str(rows)]
        self.run("-f", os.devnull, "new-session", "-d", "-s", "main", *size, "-c", cwd, line)

    def run(self, *args: str) -> str:
        """One tmux command on this server; its output."""
        command = ["tmux", "-L", self._name, *args]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT_S).stdout

    def write(self, text: str) -> None:
        """Type text as it is."""
        self.run("send-keys", "-t", "main", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, C-j, y."""
        self.run("send-keys", "-t", "main", *keys)

    @property
    def text(self) -> str:
        """What the window shows."""
        return self.run("capture-pane", "-p", "-t", "main")

    def shows(self, *texts: str, within: float = WAIT_S) -> bool:
        """Wait until all the texts are on the screen at once; False when that does not happen within these seconds."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            screen = self.text
            if all(text in screen for text in texts):
                return True
            time.sleep(0.05)
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["tmux", "-L", self._name, "kill-server"], check=False, capture_output=True, timeout=WAIT_S)
