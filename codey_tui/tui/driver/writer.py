"""The thread that feeds the terminal: it never makes the app wait, tells how far the terminal is behind, and goes on
taking text when the terminal is gone."""

import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable

PIECE = 4096  # bytes a write; about what a pty takes at once
_POLL = 0.25  # seconds between looks at whether to stop while the terminal takes nothing


class TerminalWriter(threading.Thread):
    """Writes to a terminal through a descriptor of its own that does not block, where the terminal can be opened again.

    `on_drained` is called from this thread when everything asked for while the terminal was behind has been taken,
    `on_gone` once when the terminal cannot be written to any more (EIO after a hang-up).
    """

    def __init__(self, descriptor: int, on_drained: Callable[[], None], on_gone: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="codey-terminal-writer")
        self._on_drained = on_drained
        self._on_gone = on_gone
        self._changed = threading.Condition()
        self._queue: deque[tuple[bytes, bool]] = deque()
        self._bytes = 0
        self._idle_since = time.monotonic()  # the last time nothing was waiting
        self._tell_drained = False
        self._stopping = False
        self.gone = False
        self._descriptor, self._own = _open_again(descriptor)

    def write(self, text: str, frame: bool = False) -> None:
        """Take text; never blocks. A frame may be thrown away by `discard_frames`."""
        data = text.encode(errors="replace")
        with self._changed:
            if self.gone or not data:
                return
            if not self._bytes:
                self._idle_since = time.monotonic()
            self._queue.append((data, frame))
            self._bytes += len(data)
            self._changed.notify()

    @property
    def waiting(self) -> int:
        """Bytes that the terminal has not taken yet."""
        return self._bytes

    def behind(self) -> float:
        """Seconds since the terminal had last taken all that was written."""
        with self._changed:
            return time.monotonic() - self._idle_since if self._bytes else 0.0

    def tell_when_drained(self) -> None:
        """Call `on_drained` as soon as nothing waits."""
        with self._changed:
            self._tell_drained = True
            self._changed.notify()

    def discard_frames(self) -> None:
        """Throw away frames that the terminal has not begun to take."""
        with self._changed:
            kept = [item for number, item in enumerate(self._queue) if number == 0 or not item[1]]
            self._queue = deque(kept)
            self._bytes = sum(len(data) for data, _ in kept)

    def stop(self, patience: float = 1.0) -> bool:
        """Write what waits, for at most `patience` seconds; True if all of it went out."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.join(patience)
        drained = not self._bytes and not self.gone
        with self._changed:
            self.gone = True
            self._changed.notify()
        return drained

    def run(self) -> None:
        try:
            with selectors.SelectSelector() as selector:
                selector.register(self._descriptor, selectors.EVENT_WRITE)
                while self._wait():
                    if selector.select(_POLL):
                        self._write_piece()
        except (OSError, ValueError):
            self._hang_up()
        finally:
            if self._own:
                os.close(self._descriptor)

    def _wait(self) -> bool:
        """Until there is something to write; False when the thread is to end."""
        with self._changed:
            while not self._queue:
                if self._tell_drained:
                    self._tell_drained = False
                    self._on_drained()
                if self._stopping or self.gone:
                    return False
                self._changed.wait()
            return not self.gone

    def _write_piece(self) -> None:
        with self._changed:
            if not self._queue:
                return
            data, _ = self._queue[0]
        try:
            count = os.write(self._descriptor, data[:PIECE])
        except BlockingIOError:
            return
        with self._changed:
            self._bytes -= count
            if count == len(data):
                self._queue.popleft()
            else:
                self._queue[0] = (data[count:], False)  # begun: it has to be finished
            if not self._queue:
                self._idle_since = time.monotonic()

    def _hang_up(self) -> None:
        with self._changed:
            told, self.gone = self.gone, True
            self._queue.clear()
            self._bytes = 0
        if not told:
            self._on_gone()


def _open_again(descriptor: int) -> tuple[int, bool]:
    """A second, non-blocking way to the same terminal. O_NONBLOCK on the given descriptor itself would also hold for
    the shell that lent it. Where the terminal cannot be opened by name the given one is used, which may block the
    writer's thread but nobody else."""
    try:
        name = os.ttyname(descriptor)
        return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC), True
    except OSError:
        return descriptor, False
