"""What a sandbox is, what it bounds, and how a run in it ended."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

OnOutput = Callable[[str], None]
KilledBy = Literal["", "timeout", "cancel", "signal", "lost", "crowd"]


class SandboxError(Exception):
    """A command could not be run at all; the sentence says why and what to do."""


class SandboxRefused(SandboxError):
    """The sandbox could not be had, and nothing of the command has run: it may be asked whether to run it elsewhere."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one run; 0 sets none. `memory_bytes` and `cpu_seconds` bind each process, `processes` all together.

    `output_bytes` of output are kept: the first and the last half. `network` is a wish: a sandbox that can cut the
    network does so unless it is set.
    """

    seconds: float = 120.0
    cpu_seconds: int = 120
    memory_bytes: int = 2 << 30
    file_bytes: int = 512 << 20
    processes: int = 256
    output_bytes: int = 2 << 20
    network: bool = False


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended. `exit_code` is 128 + n for a death by signal n. `output` is stdout and stderr as they came,
    without terminal control sequences. `killed_by` is "lost" where the sandbox itself was killed, and "crowd" where the
    command started more processes than it may and no limit of the kernel's held it."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False
    killed_by: KilledBy = ""
    truncated: bool = False


class Sandbox(Protocol):
    """A way to run a command. `run` blocks, may be called from any thread, and leaves no process behind."""

    @property
    def name(self) -> str: ...

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
        """Run `argv` in `cwd` (inside `workspace`) until it ends, the time is over or `cancel` is set. `env` is added
        to a scrubbed environment. `on_output` gets text as it comes, on this thread. Raises SandboxError."""
        ...

    def close(self) -> None:
        """Give back what is held between runs; blocks until it is gone. It may be called more than once."""
        ...
