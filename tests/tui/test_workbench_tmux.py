"""The main job in a real terminal, by keyboard, with the bundled model: ask, approve, watch it grow, run, undo."""

import sys
import threading
import time
from pathlib import Path

import pytest

from tests.fakes.real_codey import RealCodey
from tests.fakes.tmux import Tmux


class SizeWatch:
    """Reads a file's size from outside, again and again, and keeps the different ones."""

    def __init__(self, path: Path) -> None:
        self.sizes: list[int] = []
        self._path = path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.002):
            try:
                size = self._path.stat().st_size
            except FileNotFoundError:
                continue
            if not self.sizes or self.sizes[-1] != size:
                self.sizes.append(size)

    def stop(self) -> list[int]:
        """The sizes that were seen, in order."""
        self._over.set()
        self._thread.join()
        return self.sizes


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (48, 60)])
def test_fibonacci_from_the_first_word_to_undo(tmp_path: Path, columns: int, rows: int) -> None:
    with RealCodey(tmp_path, {"CODEY_MAX_TOKENS_PER_S": "200"}) as codey:
        pid = codey.engine_pid()
        file = codey.workspace / "fibonacci.py"
        argv = [sys.executable, "-m", "codey_tui"]
        with Tmux(argv, columns=columns, rows=rows, env=codey.env, cwd=str(codey.workspace)) as tmux:
            assert tmux.shows("Ask for something"), tmux.text
            tmux.write("Create Fibonacci function")
            tmux.press("Enter")
            assert tmux.shows("y  approve", "python3 fibonacci.py"), tmux.text
            assert not file.exists()
            watch = SizeWatch(file)
            answer(tmux, "y", "y  approve")
            assert tmux.shows("y  allow once", within=60.0), tmux.text
            sizes = watch.stop()
            assert len([size for size in sizes if size < file.stat().st_size]) >= 3, sizes
            assert sizes == sorted(sizes)
            answer(tmux, "y", "y  allow once")
            assert tmux.shows("0, 1, 1, 2, 3, 5, 8, 13, 21, 34", "Done", within=60.0), tmux.text
            tmux.write("/undo")
            tmux.press("Enter")
            assert tmux.shows("removed fibonacci.py"), tmux.text
            assert list(codey.workspace.iterdir()) == []
        assert codey.engine_pid() == pid


def answer(tmux: Tmux, key: str, asked: str) -> None:
    """Press a key until the question is gone: within half a second of a question it is ignored. Where none stands it is typed."""
    for _ in range(20):
        tmux.press(key)
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            if asked not in tmux.text:
                return
            time.sleep(0.05)
    raise AssertionError(f"{asked!r} never went:\n{tmux.text}")
