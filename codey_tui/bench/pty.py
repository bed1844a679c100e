"""A terminal for measuring: runs a command in a pty of a given size, answers the queries a modern terminal answers, and
counts bytes and CPU time. Linux only: CPU and memory are read from /proc."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_ANSWERS = ((b"\x1b[?2026$p", b"\x1b[?2026;2$y"), (b"\x1b[?2048$p", b"\x1b[?2048;0$y"))
_LONGEST = max(len(query) for query, _ in _ANSWERS)


class Pty:
    """A child process in a terminal. `on_output` sees every piece that was read."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> None:
        full = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            if not env or name not in env:
                full.pop(name, None)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            _become(list(argv), full, cwd, columns, rows)
        os.set_inheritable(self.fd, False)  # else the next child would hold this terminal open
        self.resize(columns, rows)
        self.bytes_read = 0
        self.open = True
        self.status: int | None = None
        self._on_output = on_output
        self._tail = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size; the child gets SIGWINCH."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys: bytes | str) -> None:
        """Type."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def pump(self, timeout: float = 0.05) -> bytes:
        """Read what is there, waiting at most `timeout` seconds for something."""
        if not self.open or not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the child has closed its side
            data = b""
        if not data:
            self.open = False
            return b""
        self.bytes_read += len(data)
        self._answer(data)
        if self._on_output is not None:
            self._on_output(data)
        return data

    def pump_for(self, seconds: float) -> None:
        """Read for that long, or until the child has closed the terminal."""
        end = time.monotonic() + seconds
        while self.open and (left := end - time.monotonic()) > 0:
            self.pump(min(0.05, left))

    def until(self, condition: Callable[[], bool], timeout: float = 20.0) -> bool:
        """Read until the condition holds; False when it does not within `timeout` seconds."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                return False
            if self.open:
                self.pump(0.02)
            else:
                time.sleep(0.02)
        return True

    def hang_up(self) -> None:
        """Close the terminal under the child, as a lost SSH connection does; nothing when it is closed."""
        self.open = False
        fd, self.fd = self.fd, -1
        if fd >= 0:  # once only: the number may belong to another file by the next time
            os.close(fd)

    def cpu_seconds(self) -> float:
        """CPU time of all threads of the child so far."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # a thread that ended meanwhile
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def rss(self) -> int:
        """Resident memory of the child in bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait(self, timeout: float = 10.0) -> int | None:
        """The child's wait status once it has ended; None if it has not within `timeout` seconds."""
        end = time.monotonic() + timeout
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.open and self.pump(0):
                    pass
                self.status = status
            elif time.monotonic() > end:
                return None
            elif self.open:
                self.pump(0.02)
            else:
                time.sleep(0.01)
        return self.status

    def kill(self) -> None:
        """End the child at once and close the terminal."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait()
        self.hang_up()

    def _answer(self, data: bytes) -> None:
        seen = self._tail + data
        for query, answer in _ANSWERS:
            if query in seen and query not in self._tail:
                self.send(answer)
        self._tail = seen[-(_LONGEST - 1) :]


def _become(argv: list[str], env: dict[str, str], cwd: str | None, columns: int, rows: int) -> None:
    """The child's half of the fork: a terminal of the right size, then the command."""
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if cwd is not None:
            os.chdir(cwd)
        os.execvpe(argv[0], argv, env)  # noqa: S606 - the command that is to be measured
    finally:
        os._exit(127)
