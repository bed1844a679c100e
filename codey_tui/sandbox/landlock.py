"""Landlock, seccomp and limits: walls for machines with neither root nor namespaces, such as phones.

The command sees the system read-only and the workspace writable, has no network and cannot reach processes outside. Less than
bubblewrap gives: the names of processes can be seen, a file outside that the user owns can get another mode or time
(Landlock does not look at those), memory and disk are bounded per process and per file, and the protected parts of a
workspace are put back after the run instead of being read-only during it.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from codey_tui.sandbox import seccomp, setuid
from codey_tui.sandbox.base import Completed, Limits, OnOutput
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.places import ETC, SYSTEM, tool_folders
from codey_tui.sandbox.process import Walls, supervise
from codey_tui.sandbox.putback import Guard

_ON_TERMUX = ("/system", "/apex", "/vendor", "/linkerconfig", "/data/data/com.termux/files/usr")
_READ = ("/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero", *_ON_TERMUX)
_WRITE = ("/dev/null", "/dev/full")
_PROBE = "import sys; sys.path.append(sys.argv[1]); import confine; print(confine.landlock_version())"  # may kill its process


class Landlock:
    """Walls around the process itself, under the same supervisor and limits as everywhere."""

    name = "landlock"

    def __init__(self) -> None:
        self._version: int | None = None

    def problem(self) -> str:
        """Why it cannot be used here, empty when it can: all of it is tried, in a process of its own."""
        if sys.platform != "linux" or not seccomp.supported():
            return "Landlock and seccomp are known for Linux on x86-64 and ARM64 alone"
        if self.version() < 1:
            return "this kernel has no Landlock"
        with tempfile.TemporaryDirectory(prefix="codey-") as folder:
            place = Path(folder)
            tried = self.run(
                ["true"],
                cwd=place,
                workspace=place,
                env={},
                limits=Limits(),
                on_output=_ignore,
                cancel=threading.Event(),
            )
        return "" if tried.exit_code == 0 else f"its walls cannot be built here ({tried.output.strip()})"

    def version(self) -> int:
        """The version of the kernel's Landlock, 0 for none: 3 guards truncation, 4 TCP, 6 signals."""
        if self._version is None:
            line = [sys.executable, "-I", "-S", "-c", _PROBE, str(Path(__file__).parent)]
            inner = scrubbed(os.environ, {})
            try:
                asked = subprocess.run(
                    line, capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL, env=inner
                )
            except (OSError, subprocess.TimeoutExpired):
                self._version = 0
            else:
                self._version = int(asked.stdout) if asked.returncode == 0 else 0
        return self._version

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
        """See `Sandbox.run`."""
        workspace = workspace.resolve()
        inner = scrubbed(os.environ, env, network=limits.network)
        guard = Guard(workspace)
        with tempfile.TemporaryDirectory(prefix="codey-", ignore_cleanup_errors=True) as own:
            owner = workspace.stat() if workspace.is_dir() else None
            user = (owner.st_uid, owner.st_gid) if owner and os.geteuid() == 0 and owner.st_uid else None
            if user:
                os.chown(own, *user)
            walls = Walls(
                read=[*SYSTEM, *(f"/etc/{name}" for name in ETC), *_READ, *tool_folders(inner["PATH"], workspace)],
                write=[str(workspace), own, *_WRITE],
                network=limits.network,
                user=user,
                filter=seccomp.program(network=limits.network, truncate=self.version() >= 3).hex(),
            )
            with setuid.none_left(workspace, on_output):
                done = supervise(
                    argv,
                    cwd=cwd,
                    env={**inner, "HOME": own, "TMPDIR": own},
                    limits=limits,
                    on_output=on_output,
                    cancel=cancel,
                    walls=walls,
                )
        if changed := guard.put_back():
            note = f"\n[put back as it was, since it decides what runs outside the sandbox: {', '.join(changed)}]\n"
            on_output(note)
            return Completed(
                exit_code=done.exit_code or 1,
                output=done.output + note,
                seconds=done.seconds,
                timed_out=done.timed_out,
                killed_by=done.killed_by,
                truncated=done.truncated,
            )
        return done

    def close(self) -> None:
        """Nothing is held between runs."""


def _ignore(_text: str) -> None:
    """Nobody listens to the trial."""
