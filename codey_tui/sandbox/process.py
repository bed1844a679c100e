"""One supervised run: start it, read its output as it comes, end it in time, and leave nothing behind."""

import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from codey_tui.sandbox.base import Completed, KilledBy, Limits, OnOutput, SandboxError
from codey_tui.sandbox.output import PACE_SECONDS, Output
from codey_tui.sandbox.strays import VARIABLE, kill_marked

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_LOST_SECONDS = 5.0
"""How long the supervisor may take to end everything before it is given up for dead and killed itself."""


class Walls(msgspec.Struct, frozen=True, kw_only=True):
    """What `confine` takes: folders and files to read and to write, and the system calls that fail."""

    read: list[str]
    write: list[str]
    network: bool
    user: tuple[int, int] | None
    filter: str


def supervise(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limits: Limits,
    on_output: OnOutput,
    cancel: threading.Event,
    walls: Walls | None = None,
) -> Completed:
    """Run `argv` with the environment `env` and a mark of its own under a supervisor, within `walls` if there are any.

    Blocks. Raises SandboxError."""
    if any("\0" in part for part in argv):
        raise SandboxError("The command holds a NUL character, which no program can be given.")
    mark = secrets.token_hex(16)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        order = {
            "argv": list(argv),
            "limits": _rlimits(limits),
            "control": theirs.fileno(),
            "processes": limits.processes if os.geteuid() == 0 else 0,
            "walls": msgspec.to_builtins(walls),
        }
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), json.dumps(order)],
                cwd=cwd,
                env={**env, VARIABLE: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SandboxError(f"The command could not be started in {cwd}: {error}.") from error
        theirs.close()
        done = _Run(process, ours, limits, on_output, cancel).finish()
    if done.killed_by == "lost":
        kill_marked(mark)
    return done


class _Run:
    """Reads the pipe and the supervisor's answer until both have ended."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        limits: Limits,
        on_output: OnOutput,
        cancel: threading.Event,
    ) -> None:
        self._process = process
        self._control = control
        self._limits = limits
        self._cancel = cancel
        self._output = Output(limits.output_bytes, on_output)
        self._started = time.monotonic()
        self._killed_by: KilledBy = ""
        self._stopped_at: float | None = None
        self._answer = b""

    def finish(self) -> Completed:
        with self._process, selectors.DefaultSelector() as selector:
            try:
                self._read(selector)
            finally:
                self._end()
        code, problem = self._exit_code()
        output, truncated = self._output.finish(problem)
        return Completed(
            exit_code=code,
            output=output,
            seconds=time.monotonic() - self._started,
            timed_out=self._killed_by == "timeout",
            killed_by=self._killed_by,
            truncated=truncated,
        )

    def _read(self, selector: selectors.BaseSelector) -> None:
        pipe = cast("IO[bytes]", self._process.stdout).fileno()
        selector.register(pipe, selectors.EVENT_READ)
        selector.register(self._control, selectors.EVENT_READ)
        ended_at: float | None = None
        while selector.get_map():
            for key, _ in selector.select(PACE_SECONDS):
                data = os.read(pipe, 65536) if key.fd == pipe else self._control.recv(4096)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fd == pipe:
                    self._output.feed(data)
                else:
                    self._answer += data
            self._output.show()
            self._stop_when_due()
            if ended_at is None and self._process.poll() is not None:
                ended_at = time.monotonic()
            if ended_at is not None and time.monotonic() - ended_at > 10 * PACE_SECONDS:
                return  # whoever still holds the pipe escaped a supervisor that was killed

    def _stop_when_due(self) -> None:
        now = time.monotonic()
        if self._stopped_at is not None:
            if now - self._stopped_at > _LOST_SECONDS:
                self._killed_by = "lost"
                self._kill_supervisor()
            return
        if self._cancel.is_set():
            self._killed_by = "cancel"
        elif self._limits.seconds and now - self._started > self._limits.seconds:
            self._killed_by = "timeout"
        else:
            return
        self._stopped_at = now
        with contextlib.suppress(OSError):  # it has just ended by itself
            self._control.shutdown(socket.SHUT_WR)

    def _end(self) -> None:
        """Whatever happened here, the supervisor and all under it are gone afterwards."""
        self._control.close()
        try:
            self._process.wait(_LOST_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_supervisor()
            self._process.wait()

    def _kill_supervisor(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _exit_code(self) -> tuple[int, str]:
        """The exit code by the shell's habits, and a line that belongs to the output where the command never ran."""
        answer: dict[str, Any] = json.loads(self._answer) if self._answer else {}
        if "exit" in answer:
            return int(answer["exit"]), ""
        if "error" in answer:
            return 127, f"{answer['error']}\n"
        if answer.get("crowd"):
            self._killed_by = "crowd"
        if not self._killed_by:
            self._killed_by = "signal" if "signal" in answer else "lost"
        return 128 + int(answer.get("signal", signal.SIGKILL)), ""


def _rlimits(limits: Limits) -> dict[str, int]:
    """RLIMIT names to values. RLIMIT_DATA and not RLIMIT_AS: runtimes such as V8 reserve far more than they use."""
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_DATA": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NPROC": limits.processes and limits.processes + _tasks(),
    }
    return {name: value for name, value in wanted.items() if value or name == "RLIMIT_CORE"}


def _tasks() -> int:
    """Threads on this machine, an upper bound of the user's: RLIMIT_NPROC counts those that ran before, too."""
    try:
        running = Path("/proc/loadavg").read_text(encoding="ascii").split()[3]
    except OSError:  # a system without proc(5): room for what a desktop runs
        return 4096
    return int(running.partition("/")[2])
