"""The real program in a folder of its own: screens in ptys, its engine process, and a client that listens beside them."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from codey_tui import __version__
from codey_tui.cli.site import open_site
from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import DecidePlan, StopEngine, SubmitPrompt
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.lifecycle import attach
from codey_tui.server.remote import RemoteClient
from tests.fakes.pty_harness import Emulated

E = TypeVar("E", bound=ev.Event)
WAIT_S = 60.0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition with a generous bound."""
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.005)


class Listener:
    """All envelopes that a client hears, in order."""

    def __init__(self, client: RemoteClient, after: int = 0) -> None:
        self.heard: list[ev.Envelope] = []
        self._lock = threading.Lock()
        self.leave = client.listen(self._hear, after)

    def _hear(self, envelope: ev.Envelope) -> None:
        with self._lock:
            self.heard.append(envelope)

    def of(self, kind: type[E]) -> list[E]:
        """The events of a kind so far."""
        with self._lock:
            return [envelope.event for envelope in self.heard if isinstance(envelope.event, kind)]

    def durable(self) -> list[ev.Envelope]:
        """What was heard without the deltas."""
        with self._lock:
            return [envelope for envelope in self.heard if not isinstance(envelope.event, ev.DELTAS)]

    def event(self, kind: type[E], count: int = 1) -> E:
        """Wait for the `count`-th event of a kind."""
        wait_for(lambda: len(self.of(kind)) >= count, f"{kind.__name__} number {count}")
        return self.of(kind)[count - 1]


class RealCodey:
    """A workspace with the program's own settings, data and runtime folders under `folder`; `env` is added to all."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.workspace = folder / "work"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.env = {
            "CODEY_CONFIG_DIR": str(folder / "config"),
            "CODEY_DATA_DIR": str(folder / "data"),
            "CODEY_RUNTIME_DIR": str(folder / "run"),
            **(env or {}),
        }
        self._client: RemoteClient | None = None

    @property
    def client(self) -> RemoteClient:
        """A client of the engine, which is started when there is none."""
        if self._client is None or self._client.gone:
            before = dict(os.environ)
            os.environ.update(self.env)
            try:
                site = open_site(self.workspace)
                command, env = site.engine_command(), site.engine_env()
                self._client = attach(site.place, command, version=__version__, name="test", env=env)
            finally:
                os.environ.clear()
                os.environ.update(before)
        return self._client

    def screen(self, *args: str, columns: int = 80, rows: int = 24) -> Emulated:
        """`codey` in a pty."""
        argv = [sys.executable, "-m", "codey_tui", "--workspace", str(self.workspace), *args]
        return Emulated(argv, columns=columns, rows=rows, env=self.env, cwd=str(self.workspace))

    def begin(self, request: str, *, first_chunk_only: bool = False) -> Listener:
        """Submit a request, allow its plan, and come back when text is being generated."""
        listener = Listener(self.client)
        so_far = self.client.ask_now(GetStatus()).seq
        wait_for(lambda: any(envelope.seq >= so_far for envelope in listener.durable()), "all that was before")
        plans = len(listener.of(ev.PlanProposed))
        started = len(listener.of(ev.ChunkStarted))
        self.client.submit(SubmitPrompt(text=request))
        plan = listener.event(ev.PlanProposed, plans + 1).plan
        chunks = (plan.chunks[0].id,) if first_chunk_only else ()
        self.client.submit(DecidePlan(plan_id=plan.id, verdict="allow", chunks=chunks))
        chunk = listener.event(ev.ChunkStarted, started + 1).chunk_id
        wait_for(lambda: any(e.stream == chunk for e in listener.of(ev.TokensGenerated)), "the first token")
        return listener

    def engine_pid(self) -> int:
        """The process id of the engine."""
        return self.client.ask_now(GetStatus()).pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the engine, and wait until its process is gone."""
        if self._client is None or self._client.gone:
            return
        pid = self.engine_pid()
        self._client.submit(StopEngine())
        wait_for(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), "the end of the engine")
        self._client.close()


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return True
