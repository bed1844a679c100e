"""The process between Codey and a command: sets limits, outlives everything the command starts, and kills what is left.

Run by its path with `python -I -S`, so it imports the standard library alone. Its one argument is JSON: `argv`, `limits`
(name of an RLIMIT to its value), `processes` (the kernel does not count root's, so they are counted here; 0: do not), `walls`
(see confine.py, or null) and `control`, a socket. When the other end of that socket closes (the engine wants it, or
died), everything is ended; how the command ended is written to it as JSON.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_GRACE_SECONDS = 0.4
_COUNT_SECONDS = 0.05


def main() -> None:
    order: dict[str, Any] = json.loads(sys.argv[1])
    control: int = order["control"]
    os.set_inheritable(control, False)
    _adopt_orphans()
    wake, signalled = os.pipe()
    os.set_blocking(signalled, False)
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _note)
    report, failure = os.pipe()
    child = os.fork()
    if child == 0:
        _become(order, failure)
    os.close(failure)
    with os.fdopen(report, "rb") as stream:  # closed without a word by a successful exec
        problem = stream.read().decode(errors="replace")
    crowd = _Crowd(order["processes"])
    status = _wait(child, control, wake, crowd)
    if sys.platform != "linux":  # no orphans are adopted there: its process group is all that can be reached
        _signal_group(child, signal.SIGKILL)
    _kill_all()
    answer = {"error": problem} if problem else {**_ending(status), "crowd": int(crowd.seen)}
    with contextlib.suppress(OSError):  # the engine may be gone: then nobody wants the answer
        os.write(control, json.dumps(answer).encode())


def _note(_number: int, _frame: object) -> None:
    """A handler must be there for the wake-up pipe to be written."""


def _adopt_orphans() -> None:
    """Children whose parents die become ours, a double fork included, so that they can be found and killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _become(order: dict[str, Any], failure: int) -> None:
    """In the forked child: take the limits on and become the command; never returns."""
    argv: list[str] = order["argv"]
    try:
        os.setsid()
        for name, value in order["limits"].items():
            _limit(getattr(resource, name), value)
        if sys.platform == "linux":
            _offer_to_the_oom_killer()
        if order["walls"]:
            _wall_in(order["walls"])
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(argv[0], argv)  # noqa: S606 - to become the command is the purpose
    except FileNotFoundError:
        os.write(failure, f"{argv[0]}: command not found".encode())
    except OSError as error:
        os.write(failure, f"{argv[0]}: {error.strerror}".encode())
    finally:
        os._exit(127)


def _wall_in(walls: dict[str, Any]) -> None:
    """The module lies beside this file, in a folder that is not searched here."""
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH120 - pathlib is slow to load
    importlib.import_module("confine").confine(walls)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _offer_to_the_oom_killer() -> None:
    """When memory runs out the command is to die, not the engine. Not every system lets a process say so."""
    with contextlib.suppress(OSError):
        _write("/proc/self/oom_score_adj", b"500")


class _Crowd:
    """Notices when there are more processes than allowed. Counts cheaply, and exactly only when it seems so."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.seen = False
        self._before = _tasks() if allowed else 0

    def too_large(self) -> bool:
        if self.allowed and _tasks() - self._before > self.allowed:
            self.seen = self.seen or len(_descendants()) > self.allowed
        return self.seen


def _tasks() -> int:
    """Threads on this machine, by proc(5); 0 where that is not told."""
    try:
        return int(_read("/proc/loadavg").split()[3].partition(b"/")[2])
    except OSError:
        return 0


def _wait(child: int, control: int, wake: int, crowd: "_Crowd") -> int:
    """The wait status of the command, which is ended when the control socket closes or it has become a crowd."""
    stop_at: float | None = None
    watched = [control, wake]
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid:
            continue  # an adopted orphan ended
        if crowd.too_large():
            _stop_and_kill()
        timeout = None if stop_at is None else max(0.0, stop_at - time.monotonic())
        if crowd.allowed:
            timeout = min(_COUNT_SECONDS, timeout or _COUNT_SECONDS)
        ready, _, _ = select.select(watched, [], [], timeout)
        if wake in ready:
            os.read(wake, 4096)
        if control in ready:
            watched.remove(control)
            stop_at = time.monotonic() + _GRACE_SECONDS
            _signal_group(child, signal.SIGTERM)
        elif stop_at is not None and time.monotonic() >= stop_at:
            _signal_group(child, signal.SIGKILL)
            stop_at = time.monotonic() + _GRACE_SECONDS


def _signal_group(child: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it may just have ended, or changed its user
        os.killpg(child, number)


def _kill_all() -> None:
    """Kill every descendant that is left, until there is none."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        _stop_and_kill()
        time.sleep(0.002)


def _stop_and_kill() -> None:
    """All are stopped before one is killed, since those that fork would outrun the killing."""
    stopped: set[int] = set()
    while True:
        _stop_newest(stopped)
        fresh = _descendants() - stopped
        if not fresh:
            break
        _send(fresh, signal.SIGSTOP)
        stopped |= fresh
    _send(stopped, signal.SIGKILL)


def _stop_newest(stopped: set[int]) -> None:
    """Stop children as they are found, the newest first: a process that forks and ends would be gone after a whole look.
    Its child is ours, since its parent has ended."""
    ours = {os.getpid()}
    for pid in sorted(_pids(), reverse=True):
        if pid not in stopped and _parent(pid) in ours | stopped:
            _send({pid}, signal.SIGSTOP)
            stopped.add(pid)


def _send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has just ended, or changed its user
            os.kill(pid, number)


def _descendants() -> set[int]:
    """All processes below this one."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        children.setdefault(_parent(pid), []).append(pid)
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def _pids() -> list[int]:
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - pathlib would double the start-up time of this process
    except FileNotFoundError:
        return []
    return [int(name) for name in names if name.isdigit()]


def _parent(pid: int) -> int:
    """The parent of a process by the field ppid of proc(5); -1 when it has just ended."""
    try:
        return int(_read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1])
    except OSError:
        return -1


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def _ending(status: int) -> dict[str, int]:
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"exit": os.WEXITSTATUS(status)}


if __name__ == "__main__":
    main()
