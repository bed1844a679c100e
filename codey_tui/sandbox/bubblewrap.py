"""bubblewrap: the command sees the system read-only, the workspace writable, no network and no home folder."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from codey_tui.sandbox.base import Completed, Limits, OnOutput
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.process import supervise

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix", "/gnu")
# what programs look up, and no secrets: not the whole of /etc
_ETC = (
    "alternatives", "ca-certificates", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "mime.types", "nsswitch.conf", "passwd", "pki", "protocols", "resolv.conf", "services", "ssl", "timezone",
)  # fmt: skip
_TMP = "/tmp"  # noqa: S108 - inside the sandbox, a tmpfs of its own
_HOME = f"{_TMP}/home"
_TMP_BYTES = 256 << 20
_PROTECTED = (".git/hooks", ".git/config", ".codey")
"""Parts of a workspace that later run, or decide, outside the sandbox."""


class Bubblewrap:
    """Namespaces through `bwrap`, under the same limits and supervisor as everywhere."""

    name = "bubblewrap"

    def __init__(self, program: str = "bwrap") -> None:
        self._program = program

    def problem(self) -> str:
        """Why it cannot be used here, empty when it can: it is tried, since containers and kernels often forbid it."""
        found = shutil.which(self._program)
        if found is None:
            return "bwrap is not installed"
        with tempfile.TemporaryDirectory(prefix="codey-") as folder:
            argv = self._wrap(["true"], Path(folder), Path(folder), scrubbed(os.environ, {}), Limits())
            try:
                tried = subprocess.run(argv, capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
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
        inner = scrubbed(os.environ, env)
        wrapped = self._wrap(argv, cwd.resolve(), workspace.resolve(), inner, limits)
        outer = {"PATH": inner["PATH"]}
        return supervise(wrapped, cwd=cwd, env=outer, limits=limits, on_output=on_output, cancel=cancel)

    def _wrap(
        self, argv: Sequence[str], cwd: Path, workspace: Path, env: Mapping[str, str], limits: Limits
    ) -> list[str]:
        line = [self._program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        if limits.network:
            line.append("--share-net")
        line += _system()
        line += ["--proc", "/proc", "--dev", "/dev", "--size", str(_TMP_BYTES), "--tmpfs", _TMP, "--dir", _HOME]
        for prefix in _tool_folders(env["PATH"], workspace):
            line += ["--ro-bind-try", prefix, prefix]
        line += ["--bind", str(workspace), str(workspace)]
        for name in _PROTECTED:
            line += ["--ro-bind-try", str(workspace / name), str(workspace / name)]
        inner = {**env, "HOME": _HOME, "TMPDIR": _TMP}
        for name, value in inner.items():
            line += ["--setenv", name, value]
        return [*line, "--chdir", str(cwd), "--", *argv]


def _system() -> list[str]:
    """The system's folders as they are: a link such as /bin -> usr/bin stays a link."""
    line: list[str] = []
    for folder in map(Path, _SYSTEM):
        if folder.is_symlink():
            line += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            line += ["--ro-bind", str(folder), str(folder)]
    for name in _ETC:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return line


def _tool_folders(path: str, workspace: Path) -> list[str]:
    """Where programs live when that is not the system: a version manager's folder, the Python of Codey and of the
    workspace's virtual environment.

    A `bin` in the home folder or in ~/.local is shown by itself: what lies beside it is nobody's business.
    """
    home = Path.home()
    private = {Path("/"), home, home / ".local", home.parent}
    found = [Path(sys.prefix), Path(sys.base_prefix), *_homes(path, workspace)]
    for entry in map(Path, path.split(os.pathsep)):
        if entry.is_absolute() and entry.is_dir():
            beside = entry.parent if entry.name in ("bin", "sbin") else entry
            found.append(entry if beside in private else beside)
    shown = [folder for folder in found if folder not in private and not _in_system(folder)]
    return list(dict.fromkeys(map(str, shown)))


def _homes(path: str, workspace: Path) -> list[Path]:
    """The installations behind links such as .venv/bin/python: the folder above the `bin` of the real program."""
    programs = [workspace / folder / "bin" / "python" for folder in (".venv", "venv")]
    programs += [Path(found) for name in ("python3", "node") if (found := shutil.which(name, path=path))]
    real = [Path(os.path.realpath(program)) for program in programs]
    return [
        program.parent.parent
        for program in real
        if program.parent.name == "bin" and program.name.startswith(("python", "node")) and os.access(program, os.X_OK)
    ]


def _in_system(folder: Path) -> bool:
    return any(folder.is_relative_to(top) for top in _SYSTEM)
