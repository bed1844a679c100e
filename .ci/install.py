"""Builds `.venv` from the lock: `install.py run` for using Codey, `install.py dev` for testing and linting as well.

Runs with the system's Python (3.11 or newer) and the standard library alone, can be stopped anywhere and run again, and does nothing
when everything is in place.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from llama_wheel import Build, SetupError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LLAMA = "llama-cpp-python"
BUILD_PROGRAMS = ("cmake", "ninja")  # wheels of these are used only where the system has none


def main(arguments: list[str]) -> int:
    """Build or refresh the environment `run` or `dev`. Exit status 0 when it is ready, 1 with a sentence when not."""
    profile = arguments[0] if arguments else "run"
    if profile not in ("run", "dev"):
        print("usage: install.py [run|dev]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        install(profile)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def install(profile: str) -> None:
    """Bring `.venv` to what the lock of `profile` says; one process at a time per checkout."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not is_current(profile):
            refresh(profile)
    finally:
        os.close(folder)


def is_current(profile: str) -> bool:
    """Whether the stamp of this profile, or of the larger one, names exactly the files that lie here now."""
    profiles = ("run", "dev") if profile == "run" else ("dev",)
    return PYTHON.exists() and any(read(stamp(name)) == digest(name) for name in profiles)


def refresh(profile: str) -> None:
    """Install everything that the profile needs, then write its stamp."""
    ensure_venv()
    lock = HERE / f"{profile}.lock"
    blocks = requirement_blocks(lock.read_text("utf-8"))
    wanted = [name for name in blocks if name != LLAMA and name not in BUILD_PROGRAMS]
    print(f"Installing {len(wanted)} packages from {lock.relative_to(ROOT)} ...", flush=True)
    pip_install(blocks, wanted)
    install_llama(blocks)
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT), advice="is this checkout complete?")
    stamp(profile).write_text(digest(profile), "utf-8")
    print("The environment is ready.", flush=True)


def install_llama(blocks: dict[str, str]) -> None:
    """Install llama-cpp-python from the per-user cache of wheels, building the wheel first where there is none."""
    build = Build.plan(blocks[LLAMA], HERE / "llama-fast.cmake")
    marker = VENV / "codey-llama.stamp"
    if read(marker) == build.key and imports_llama():
        return
    for _ in range(2):
        if build.wheel() is None:
            missing = [name for name in BUILD_PROGRAMS if shutil.which(name) is None]
            if missing:
                pip_install(blocks, missing)
            build.run(PYTHON)
        pip("install", "--no-deps", "--force-reinstall", str(build.wheel()))
        if imports_llama():
            marker.write_text(build.key, "utf-8")
            return
        build.forget()  # a wheel from the cache that does not run here is built anew, once
    raise SetupError("llama-cpp-python was built but cannot be imported: see the error above.")


def imports_llama() -> bool:
    """Whether the compiled library loads in the new environment; what it prints otherwise is shown."""
    code = "import llama_cpp; llama_cpp.llama_backend_init(); llama_cpp.llama_print_system_info()"
    done = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
    return done.returncode == 0


def ensure_venv() -> None:
    """A `.venv` with a working pip, made anew where a stop or a move of the folder left a broken one."""
    moved = read(VENV / "codey-root") not in ("", str(ROOT))
    if not moved and PYTHON.exists():
        probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        if subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0:
            return
    print("Creating .venv ...", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SetupError(
            f"{(made.stdout + made.stderr).strip()}\nPython could not create .venv: install its venv module "
            "(Debian and Ubuntu: `apt-get install python3-venv`) and run the same command again."
        )
    (VENV / "codey-root").write_text(str(ROOT), "utf-8")


def pip_install(blocks: dict[str, str], names: list[str]) -> None:
    """Install locked requirements; every downloaded file must have one of the lock's hashes."""
    part = VENV / "codey-requirements.txt"
    part.write_text("\n".join(blocks[name] for name in names) + "\n", "utf-8")
    pip("install", "--require-hashes", "--no-deps", "-r", str(part))


def pip(*arguments: str, advice: str = "check the network and run the same command again") -> None:
    """Run the environment's pip, quietly where nobody watches. Raises SetupError with the advice when it fails."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments, *quiet]
    if subprocess.run(command, check=False).returncode:
        raise SetupError(f"pip failed (its message is above): {advice}.")


def requirement_blocks(lock: str) -> dict[str, str]:
    """The lock by package name: each value is the requirement's lines with all its hashes (all its markers, where
    a package is locked in several versions)."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        start = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
        if start:
            name = start.group()
        if name:
            blocks[name] = f"{blocks[name]}\n{line}" if name in blocks else line
    return blocks


def digest(profile: str) -> str:
    """What the state of `.venv` depends on: where it lies, the lock, the package's metadata and this set-up."""
    files = [HERE / f"{profile}.lock", ROOT / "pyproject.toml", *sorted(HERE.glob("*.py")), HERE / "llama-fast.cmake"]
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *(file.read_bytes() for file in files)])).hexdigest()


def stamp(profile: str) -> Path:
    """The file that remembers the digest of the last finished set-up."""
    return VENV / f"codey-{profile}.stamp"


def read(path: Path) -> str:
    """The file's text, empty where there is no such file."""
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
