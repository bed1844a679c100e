"""One command in a container: started through the engine, its output read as it comes, ended in time."""

import selectors
import signal
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from codey_tui.sandbox.base import Completed, KilledBy, Limits, OnOutput, SandboxRefused
from codey_tui.sandbox.docker_container import Container
from codey_tui.sandbox.output import PACE_SECONDS, Output

_LOOK_SECONDS = 0.25
_HEADER = struct.Struct(">BxxxL")  # of the engine's multiplexed stream: which one, and how many bytes follow
# one stream for both, so that lines keep their order
_JOIN = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh"]
_GONE_SECONDS = 10.0
_HEAD_BYTES = 65536  # more than the reader of an answer ever holds


def execute(
    api: Any,
    container: Container,
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    limits: Limits,
    on_output: OnOutput,
    cancel: threading.Event,
) -> Completed:
    """Run `argv` in a container and wait for its end. When it is over the container is dirty, and dead where the command
    was stopped or left something running. Raises SandboxRefused when it could not be started."""
    from docker.errors import DockerException

    try:
        run = str(api.exec_create(container.id, [*_JOIN, *argv], environment=dict(env), workdir=cwd, stdin=False)["Id"])
        stream = api.exec_start(run, socket=True)
    except (DockerException, OSError) as error:
        raise SandboxRefused(f"Docker did not start the command ({_short(error)}).") from error
    execution = _Execution(api, container, run, limits, on_output, cancel)
    try:
        execution.read(stream, early_bytes(stream))
    finally:
        stream._response.close()
        stream.close()
    return execution.finish()


def early_bytes(stream: Any) -> bytes:
    """What the command printed so soon that it came along with the engine's answer: the SDK gives the socket below the
    reader that took the answer in, and leaves behind what that reader holds already."""
    timeout = stream._sock.gettimeout()
    stream._sock.settimeout(0)
    try:
        return stream._response.raw._fp.fp.read1(_HEAD_BYTES) or b""
    except BlockingIOError:
        return b""
    finally:
        stream._sock.settimeout(timeout)


class _Execution:
    def __init__(
        self, api: Any, container: Container, run: str, limits: Limits, on_output: OnOutput, cancel: threading.Event
    ) -> None:
        self._api = api
        self._container = container
        self._run = run
        self._limits = limits
        self._cancel = cancel
        self._output = Output(limits.output_bytes, on_output)
        self._held = b""
        self._started = time.monotonic()
        self._killed_by: KilledBy = ""
        self._killed_at = 0.0
        self._looked_at = self._started
        self._ended_at = 0.0
        self._code = 0

    def read(self, stream: Any, early: bytes) -> None:
        """Until the stream ends. Where the command has ended and left something behind that holds the stream open, that is
        killed; what was printed before is still on its way then."""
        self._feed(early)
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while True:
                if selector.select(PACE_SECONDS):
                    data = stream.read(65536)
                    if not data:
                        return
                    self._feed(data)
                if self._over():
                    return
                self._output.show()
                self._stop_when_due()

    def finish(self) -> Completed:
        code = self._exit_code()
        if not self._killed_by and self._container.left_over(patience_s=0.05) != 0:
            self._container.kill()
        output, truncated = self._output.finish()
        if not self._killed_by and code - 128 in signal.valid_signals():
            self._killed_by = "signal"
        return Completed(
            exit_code=code,
            output=output,
            seconds=time.monotonic() - self._started,
            timed_out=self._killed_by == "timeout",
            killed_by=self._killed_by,
            truncated=truncated,
        )

    def _feed(self, data: bytes) -> None:
        self._held += data
        at = 0
        while len(self._held) - at >= _HEADER.size:
            size: int = _HEADER.unpack_from(self._held, at)[1]
            if len(self._held) - at - _HEADER.size < size:
                break
            self._output.feed(self._held[at + _HEADER.size : at + _HEADER.size + size])
            at += _HEADER.size + size
        self._held = self._held[at:]

    def _over(self) -> bool:
        now = time.monotonic()
        if self._killed_by:
            return now - self._killed_at > _GONE_SECONDS
        if now - self._looked_at < _LOOK_SECONDS:
            return False
        self._looked_at = now
        if self._ended_at:
            return now - self._ended_at > _GONE_SECONDS
        told = self._api.exec_inspect(self._run)
        if not told["Running"] and told["ExitCode"] is not None:
            self._ended_at, self._code = now, int(told["ExitCode"])
            if self._container.left_over(patience_s=0.05) != 0:
                self._container.kill()
        return False

    def _stop_when_due(self) -> None:
        if self._killed_by or self._ended_at:
            return
        if self._cancel.is_set():
            self._killed_by = "cancel"
        elif self._limits.seconds and time.monotonic() - self._started > self._limits.seconds:
            self._killed_by = "timeout"
        else:
            return
        self._killed_at = time.monotonic()
        self._container.kill()

    def _exit_code(self) -> int:
        """By the shell's habits; one that the engine does not know any more was killed with its container."""
        if self._ended_at:
            return self._code
        deadline = time.monotonic() + _GONE_SECONDS
        while True:
            told = self._api.exec_inspect(self._run)
            if not told["Running"] and told["ExitCode"] is not None:
                return int(told["ExitCode"])
            if self._killed_by:
                return 128 + signal.SIGKILL
            if not self._api.inspect_container(self._container.id)["State"]["Running"] or time.monotonic() > deadline:
                self._killed_by = "lost"
                return 128 + signal.SIGKILL
            time.sleep(0.005)


def _short(error: Exception) -> str:
    return str(getattr(error, "explanation", "") or error).split("\n", 1)[0][:200]
