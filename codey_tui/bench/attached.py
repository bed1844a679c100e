"""A workbench in a terminal of its own beside a measurement: it paints what happens, and its keys can be timed."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codey_tui.bench.pty import Pty
from codey_tui.bench.stage import MARK, workbench
from codey_tui.bench.turns import BenchFailed

COLUMNS, ROWS = 120, 36
START_S = 60.0
ECHO_S = 10.0
_TAIL = 64 * 1024


class Screen:
    """The workbench; a thread reads what it paints."""

    def __init__(self) -> None:
        self._terminal: Pty | None = None
        self._painted = threading.Condition()
        self._tail = b""
        self._over = False
        self._reader: threading.Thread | None = None

    def take(self, data: bytes) -> None:
        """What was painted; called by the reader."""
        with self._painted:
            self._tail = (self._tail + data)[-_TAIL:]
            self._painted.notify_all()

    def start(self, terminal: Pty) -> None:
        """Read from now on. Raises BenchFailed when the workbench does not appear."""
        self._terminal = terminal
        self._reader = threading.Thread(target=self._read, args=(terminal,), name="screen", daemon=True)
        self._reader.start()
        if not self._seen(MARK.encode(), START_S):
            raise BenchFailed("The workbench did not start, so there is no screen to measure with; see --no-screen.")

    def echo(self, letter: str) -> float:
        """Seconds from a key to the picture that shows it; the letter must be nowhere else on the screen. Raises BenchFailed."""
        with self._painted:
            self._tail = b""
        begun = time.monotonic()
        assert self._terminal is not None
        self._terminal.send(letter)
        if not self._seen(letter.encode(), ECHO_S):
            raise BenchFailed(f"A key was not echoed within {ECHO_S:g} s.")
        return time.monotonic() - begun

    def check(self) -> None:
        """Raises BenchFailed when the workbench has ended meanwhile: what was measured since was measured without it."""
        if self._terminal is None or not self._terminal.open:
            raise BenchFailed("The workbench ended meanwhile, so there is no screen to measure with; see --no-screen.")

    def stop(self) -> None:
        """Read no longer."""
        self._over = True
        if self._reader is not None:
            self._reader.join()

    def _seen(self, wanted: bytes, timeout: float) -> bool:
        with self._painted:
            return self._painted.wait_for(lambda: wanted in self._tail, timeout)

    def _read(self, terminal: Pty) -> None:
        while not self._over and terminal.open:
            terminal.pump(0.2)


@contextmanager
def attached_screen(socket: Path, workspace: Path) -> Generator[Screen]:
    """The workbench of the engine at `socket`; `workspace` is named `stage.MARK`. Raises BenchFailed."""
    screen = Screen()
    with workbench(socket, workspace, columns=COLUMNS, rows=ROWS, on_output=screen.take) as terminal:
        try:
            screen.start(terminal)
            yield screen
        finally:
            screen.stop()
