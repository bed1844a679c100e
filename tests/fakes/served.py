"""A fake engine behind a real unix socket, on a loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from codey_tui.server.host import Host
from tests.fakes.fake_engine import FakeEngine

T = TypeVar("T")


def eventually(check: Callable[[], T | None], seconds: float = 20.0) -> T:
    """Wait until `check` gives something true, and give that."""
    end = monotonic() + seconds
    while not (value := check()):
        if monotonic() > end:
            raise AssertionError("the awaited condition did not come")
        sleep(0.01)
    return value


class Served:
    """What a test holds: the engine, the host, and a way to run things on their loop."""

    def __init__(self, engine: FakeEngine, path: Path) -> None:
        self.engine = engine
        self.path = path
        self.loop = asyncio.new_event_loop()
        self.host: Host = None  # pyright: ignore[reportAttributeAccessIssue]

    def do(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function on the engine's loop and wait for its result."""

        async def call() -> T:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(20)

    def close(self) -> None:
        """Close the host, as an engine that ends does."""
        asyncio.run_coroutine_threadsafe(self.host.close(), self.loop).result(20)


@contextmanager
def served(path: Path, engine: FakeEngine | None = None, **options: Any) -> Generator[Served]:
    """Serve an engine at `path`; `options` go to the Host."""
    options = {"workspace": path.parent, "version": "0.0.0", **options}
    it = Served(engine or FakeEngine(), path)
    thread = threading.Thread(target=it.loop.run_forever)
    thread.start()

    async def start() -> None:
        it.host = Host(it.engine, path, **options)
        await it.host.start()

    asyncio.run_coroutine_threadsafe(start(), it.loop).result(20)
    try:
        yield it
    finally:
        it.close()
        it.loop.call_soon_threadsafe(it.loop.stop)
        thread.join(20)
        it.loop.close()
