"""Sets the stage for a measurement: the scripted engine, the workbench in a terminal, and load like a model's."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from codey_tui.bench.pty import Pty

MARK = "codey-bench"  # the workspace's name, which the first picture shows
# The workbench as a process: it is put together here as `codey` does it, since this package sees only the protocol.
_WORKBENCH = """
import sys
from pathlib import Path
from codey_tui import __version__
from codey_tui.server.remote import RemoteClient
from codey_tui.tui.app import run
from codey_tui.tui.options import TuiOptions
themes = Path(sys.argv[3]) if sys.argv[3] else None
client = RemoteClient(Path(sys.argv[1]), version=__version__)
code = run(client, TuiOptions(workspace=Path(sys.argv[2]), themes_dir=themes, link=sys.argv[4]))
client.close()
sys.exit(code)
"""
_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("MARK")
Bare().run()
""".replace("MARK", MARK)
_BURN = "import os\nos.nice(10)\nwhile True: sum(range(100000))"


@contextmanager
def engine(messages: int, rate: float) -> Generator[tuple[Path, Path]]:
    """A scripted engine; yields its socket and an empty workspace."""
    with tempfile.TemporaryDirectory(prefix="codey-") as folder:
        path = Path(folder) / "engine.sock"
        workspace = Path(folder) / MARK
        workspace.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "codey_tui.bench.engine", str(path), str(messages), str(rate)]
        )
        try:
            wait_for(path.exists, "the benchmark's engine did not start")
            yield path, workspace
        finally:
            process.kill()
            process.wait()


@contextmanager
def burners(count: int) -> Generator[None]:
    """Processes that compute without end at nice 10, as the threads of a model do."""
    processes = [subprocess.Popen([sys.executable, "-c", _BURN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def workbench(
    socket: Path,
    workspace: Path,
    *,
    columns: int,
    rows: int,
    link: str = "local",
    on_output: Callable[[bytes], None] | None = None,
) -> Pty:
    """The workbench in a terminal, attached to the engine at `socket`."""
    themes = Path(__file__).parents[2] / "themes"
    argv = [sys.executable, "-c", _WORKBENCH, str(socket), str(workspace), str(themes) if themes.is_dir() else "", link]
    return _terminal(argv, columns, rows, on_output)


def bare_app(*, columns: int, rows: int, on_output: Callable[[bytes], None] | None = None) -> Pty:
    """The smallest Textual app in a terminal: the floor that nothing built on Textual can be under."""
    return _terminal([sys.executable, "-c", _BARE], columns, rows, on_output)


def wait_for(condition: Callable[[], bool], problem: str, timeout: float = 20.0) -> None:
    """Wait until the condition holds. Raises TimeoutError with the problem."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(problem)
        time.sleep(0.01)


@cache
def _compiled() -> "tempfile.TemporaryDirectory[str]":
    """Where compiled modules are kept while this process runs."""
    return tempfile.TemporaryDirectory(prefix="codey-compiled-")


def _terminal(argv: Sequence[str], columns: int, rows: int, on_output: Callable[[bytes], None] | None) -> Pty:
    root = str(Path(__file__).parents[2])
    env = {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        # Modules are compiled once, as where codey is installed, whatever the present environment says.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": _compiled().name,
    }
    return Pty(argv, columns=columns, rows=rows, env=env, on_output=on_output)
