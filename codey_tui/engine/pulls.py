"""Models that are being fetched, a thread each: what comes is told to every client, and goes on when no client is there."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from codey_tui.engine.parts import Fetch, FetchedModel
from codey_tui.inference.provider import InferenceError
from codey_tui.protocol import events as ev
from codey_tui.telemetry import RateMeter

log = logging.getLogger(__name__)
EVERY_S = 0.25
"""How often progress is told."""
_WINDOW_S = 8.0
_STOPPED = "What has come of {model} is kept; fetching it again goes on from there."


@dataclass
class _Pull:
    """`have` is bytes that are there, of how many; the thread writes it and the loop reads it."""

    over: asyncio.Future[FetchedModel]
    stop: threading.Event = field(default_factory=threading.Event)
    have: tuple[int, int] = (0, 0)
    told: bool = False


class Pulls:
    """Belongs to one loop. `arrived` hears of every model that is whole, before the clients do."""

    def __init__(self, fetch: Fetch, emit: Callable[[ev.Event], object], arrived: Callable[[], None]) -> None:
        self._fetch = fetch
        self._emit = emit
        self._arrived = arrived
        self._running: dict[str, _Pull] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether anything is being fetched."""
        return any(not pull.told for pull in self._running.values())

    def begin(self, model: str) -> bool:
        """Fetch a model; False where that is under way."""
        before = self._running.get(model)
        if before is not None and not before.told:
            return False
        pull = _Pull(asyncio.get_running_loop().create_future())
        self._running[model] = pull
        self._emit(ev.ModelPullProgressed(model=model, done=0, size=0))
        task = asyncio.create_task(self._run(model, pull, before))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def cancel(self, model: str) -> bool:
        """Stop fetching; False where nothing is. It is told at once, though a silent network may hold the thread longer."""
        pull = self._running.get(model)
        if pull is None or pull.told:
            return False
        pull.stop.set()
        self._end(model, pull, ev.ModelPullEnded(model=model, result="cancelled", text=_STOPPED.format(model=model)))
        return True

    def close(self) -> None:
        """Stop everything; the threads are left to their end, which they may find in the middle of a read."""
        for pull in self._running.values():
            pull.stop.set()
        for task in self._tasks:
            task.cancel()

    async def _run(self, model: str, pull: _Pull, before: _Pull | None) -> None:
        if before is not None:  # its thread still holds the file
            await asyncio.wait([before.over])
        # A daemon: the engine may end while a silent network holds the thread.
        threading.Thread(target=self._work, args=(model, pull, asyncio.get_running_loop()), daemon=True).start()
        try:
            await self._tell(model, pull)
            fetched = pull.over.result()
        except InferenceError as error:
            self._end(model, pull, ev.ModelPullEnded(model=model, result="failed", text=str(error)))
        except Exception as error:
            log.exception("a model could not be fetched")
            text = f"Something went wrong inside Codey ({type(error).__name__}: {error}); the engine's log has the details."
            self._end(model, pull, ev.ModelPullEnded(model=model, result="failed", text=text))
        else:
            self._arrived()
            self._end(model, pull, ev.ModelPullEnded(model=model, result="done", id=fetched.id, text=fetched.text))
        finally:
            if self._running.get(model) is pull:
                del self._running[model]

    def _end(self, model: str, pull: _Pull, event: ev.ModelPullEnded) -> None:
        if not pull.told:
            pull.told = True
            self._emit(event)

    async def _tell(self, model: str, pull: _Pull) -> None:
        """Say how far it is, until it is over. The rate falls while nothing comes."""
        said = ev.ModelPullProgressed(model=model, done=0, size=0)
        meter = RateMeter(_WINDOW_S)
        while not pull.over.done():
            await asyncio.wait([pull.over], timeout=EVERY_S)
            done, size = pull.have
            if size:
                meter.update(done)
            event = ev.ModelPullProgressed(model=model, done=done, size=size, rate=round(meter.rate))
            if event != said and not pull.told:
                self._emit(event)
                said = event

    def _work(self, model: str, pull: _Pull, loop: asyncio.AbstractEventLoop) -> None:
        """Body of the thread."""

        def report(done: int, size: int) -> None:
            pull.have = (done, size)

        with contextlib.suppress(RuntimeError):  # the loop is closed: the engine has ended, and nobody is left to tell
            try:
                fetched = self._fetch(model, report, pull.stop)
            except Exception as error:  # noqa: BLE001 - it is told and logged on the loop
                loop.call_soon_threadsafe(_settle, pull.over, None, error)
            else:
                loop.call_soon_threadsafe(_settle, pull.over, fetched, None)


def _settle(over: asyncio.Future[FetchedModel], fetched: FetchedModel | None, error: Exception | None) -> None:
    if over.done():
        return
    if fetched is not None:
        over.set_result(fetched)
    elif error is not None:
        over.set_exception(error)
        over.exception()  # looked at here: one that was stopped has nobody who does
