"""bubblewrap: the command sees the system read-only, the workspace writable, no network and no home folder."""

import os
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from codey_tui.sandbox import setuid
from codey_tui.sandbox.base import Completed, Limits, OnOutput
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.places import ETC, SYSTEM, pinned, protected, tool_folders
from codey_tui.sandbox.process import supervise

_TMP = "/tmp"  # noqa: S108 - inside the sandbox, a tmpfs of its own
_HOME = f"{_TMP}/home"
_TMP_BYTES = 256 << 20
_SWITCHES = ("/proc/sys", "/proc/sysrq-trigger")
"""Switches of the whole machine: root may turn them without any capability, as the owner of the files."""


class Bubblewrap:
    """Namespaces through `bwrap`, under the same limits and supervisor as everywhere."""

    name = "bubblewrap"

    def __init__(self, program: str = "bwrap") -> None:
        self._program = program
        self._disables: bool | None = None

    def problem(self) -> str:
        """Why it cannot be used here, empty when it can: it is tried, since containers and kernels often forbid it."""
        found = shutil.which(self._program)
        if found is None:
            return "bwrap is not installed"
        with tempfile.TemporaryDirectory(prefix="codey-") as folder:
            inner = scrubbed(os.environ, {})
            argv = self._wrap(["true"], Path(folder), Path(folder), inner, Limits())
            try:
                tried = subprocess.run(
                    argv, capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL, env=inner
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"bwrap does not start here ({error})"
        if tried.returncode == 0:
            return ""
        detail = tried.stderr.decode(errors="replace").strip().splitlines()
        return f"bwrap does not work here ({detail[-1] if detail else f'exit code {tried.returncode}'})"

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
        inner = scrubbed(os.environ, env, network=limits.network)
        wrapped = self._wrap(argv, cwd.resolve(), workspace.resolve(), inner, limits)
        outer = {"PATH": inner["PATH"]}
        with setuid.none_left(workspace, on_output):
            return supervise(wrapped, cwd=cwd, env=outer, limits=limits, on_output=on_output, cancel=cancel)

    def close(self) -> None:
        """Nothing is held between runs."""

    def _can_disable_namespaces(self) -> bool:
        """Whether this bwrap can keep the command from making namespaces of its own, in which it would be root."""
        if self._disables is None:
            found = shutil.which(self._program) or ""
            inner = scrubbed(os.environ, {})
            asked = subprocess.run(
                [found, "--help"], capture_output=True, text=True, timeout=10, check=False, env=inner
            )
            self._disables = "--disable-userns" in asked.stdout and not Path(found).stat().st_mode & stat.S_ISUID
        return self._disables

    def _wrap(
        self, argv: Sequence[str], cwd: Path, workspace: Path, env: Mapping[str, str], limits: Limits
    ) -> list[str]:
        line = [self._program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        if limits.network:
            line.append("--share-net")
        line += _system()
        if self._can_disable_namespaces():
            line += ["--unshare-user", "--disable-userns"]
        line += ["--proc", "/proc", "--dev", "/dev", "--size", str(_TMP_BYTES), "--tmpfs", _TMP, "--dir", _HOME]
        for switch in _SWITCHES:
            line += ["--ro-bind-try", switch, switch]
        for prefix in tool_folders(env["PATH"], workspace):
            line += ["--ro-bind-try", prefix, prefix]
        line += ["--bind", str(workspace), str(workspace)]
        for name in pinned(workspace):
            line += ["--bind", str(workspace / name), str(workspace / name)]
        for name in protected(workspace):
            line += ["--ro-bind", str(workspace / name), str(workspace / name)]
        inner = {**env, "HOME": _HOME, "TMPDIR": _TMP}
        for name, value in inner.items():
            line += ["--setenv", name, value]
        return [*line, "--chdir", str(cwd), "--", *argv]


def _system() -> list[str]:
    """The system's folders as they are: a link such as /bin -> usr/bin stays a link."""
    line: list[str] = []
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            line += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            line += ["--ro-bind", str(folder), str(folder)]
    for name in ETC:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return line
