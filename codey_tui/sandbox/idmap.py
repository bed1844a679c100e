"""A second view of a folder in which root's files belong to nobody: so that a sandbox without root's id can work on
root's workspace, and every file keeps its owner. Nothing is changed on disk.

Linux's idmapped mounts (mount_setattr(2), since 5.12). They are made for the moment in which a container starts, which
takes a mount of its own from them.
"""

import contextlib
import ctypes
import os
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

from codey_tui.sandbox.environment import scrubbed

NOBODY = 65534

_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442  # the same on every architecture
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_OPEN_TREE_CLONE, _O_CLOEXEC, _MOVE_EMPTY_PATH, _ATTR_IDMAP, _DETACH = 1, 0o2000000, 4, 0x00100000, 2
# root and nobody change places, everybody else stays
_MAP = b"0 65534 1\n1 1 65533\n65534 0 1\n65535 65535 4294901760\n"
_PREFIX = "codey-idmap-"
_UNSHARE = "import ctypes,sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) or print(flush=True) or input())"

_lock = threading.Lock()
_namespace: list[int] = []


def make_place() -> Path:
    """An empty folder to mount at; its name tells whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


@contextlib.contextmanager
def mounted(folder: Path, place: Path) -> Generator[None]:
    """Show `folder` at `place` with root and nobody exchanged. Raises OSError where system or file system cannot."""
    tree = _call(_OPEN_TREE, _AT_FDCWD, bytes(folder), _OPEN_TREE_CLONE | _O_CLOEXEC)
    try:
        attributes = struct.pack("=QQQQ", _ATTR_IDMAP, 0, 0, _user_namespace())
        _call(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, attributes, ctypes.c_size_t(len(attributes)))
        _call(_MOVE_MOUNT, tree, b"", _AT_FDCWD, bytes(place), _MOVE_EMPTY_PATH)
    finally:
        os.close(tree)
    try:
        yield
    finally:
        _unmount(place)


def problem() -> str:
    """Why root's folders cannot be shown this way here; empty when they can."""
    place = make_place()
    try:
        with tempfile.TemporaryDirectory(prefix="codey-") as folder, mounted(Path(folder), place):
            return ""
    except OSError as error:
        return f"root's files cannot be shown to another user here ({error.strerror or error})"
    finally:
        remove_place(place)


def remove_place(place: Path) -> None:
    """Remove a place that is not in use."""
    with contextlib.suppress(FileNotFoundError):
        place.rmdir()


def remove_stale() -> None:
    """Unmount and remove what processes left behind that were killed meanwhile."""
    for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = place.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and place.stat().st_uid == os.geteuid() and not Path("/proc", pid).exists():
            _unmount(place)
            with contextlib.suppress(OSError):
                place.rmdir()


def _user_namespace() -> int:
    """A descriptor of a user namespace that carries the map; made once, kept for the life of this process."""
    with _lock:
        if not _namespace:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _UNSHARE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=scrubbed(os.environ, {}),
            )
            with child:
                assert child.stdout is not None
                if not child.stdout.readline():
                    raise OSError("user namespaces are not allowed")
                for name in ("uid_map", "gid_map"):
                    Path(f"/proc/{child.pid}/{name}").write_bytes(_MAP)
                _namespace.append(os.open(f"/proc/{child.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC))
        return _namespace[0]


def _unmount(place: Path) -> None:
    ctypes.CDLL(None).umount2(bytes(place), _DETACH)  # fails only where nothing is mounted


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
