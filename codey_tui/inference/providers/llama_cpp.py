"""The provider of local GGUF models: a child process with llama.cpp, started on demand and given up when it fails."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from codey_tui.inference.footprint import forecast
from codey_tui.inference.frames import (
    Alive,
    Count,
    Counted,
    Failed,
    Generate,
    Load,
    LoadOptions,
    Score,
    Scored,
    SetThreads,
)
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Room, ladder, refusal
from codey_tui.inference.process import ChildProcess
from codey_tui.inference.provider import (
    ChatTurn,
    ChildDied,
    Finished,
    GenerateRequest,
    InferenceError,
    Loaded,
    ModelBroken,
    ModelMissing,
    ModelTooLarge,
    NotReady,
    PromptTooLong,
    ProviderEvent,
)
from codey_tui.inference.shape import shape_of

# A cancelled generation has this long (seconds) to come to rest before its process is ended.
CANCEL_GRACE = 1.0

Answer = ProviderEvent | Scored | Counted | Alive

_ERRORS: dict[str, type[InferenceError]] = {
    "missing": ModelMissing,
    "broken": ModelBroken,
    "too_large": ModelTooLarge,
    "too_long": PromptTooLong,
    "other": InferenceError,
}


class LlamaCppProvider:
    """A GGUF file behind the `Provider` protocol.

    `timeout_s` bounds silence, not the whole generation. `room` tells, whenever a load is due, how much memory the model
    may take; one that would not fit is refused before it is read. Loading happens with the first generation and again
    after a failure.
    """

    def __init__(
        self,
        model_id: str,
        path: Path,
        *,
        n_ctx: int = 4096,
        n_threads: int = 2,
        nice: int = 10,
        timeout_s: float = 300.0,
        room: Callable[[], Room] = Room,
        options: LoadOptions | None = None,
    ) -> None:
        self._model = model_id
        self._path = path
        self.timeout_s = timeout_s
        self._room = room
        base = options or LoadOptions()
        self._options = LoadOptions(
            n_ctx=n_ctx,
            n_threads=max(1, n_threads),
            nice=nice,
            n_batch=base.n_batch,
            kv_type=base.kv_type,
            n_gpu_layers=base.n_gpu_layers,
            mmap=base.mmap,
            render_special=base.render_special,
        )
        self._child: ChildProcess | None = None
        self._lock = asyncio.Lock()
        self._settling: asyncio.Task[None] | None = None
        self._leaving = 0
        self._threads = 0

    @property
    def model(self) -> str:
        """The model's id."""
        return self._model

    @property
    def rss(self) -> int:
        """Bytes of the child now; 0 when it is not loaded."""
        return self._child.rss if self._child is not None else 0

    @property
    def pid(self) -> int:
        """The child's process id; 0 when it is not loaded."""
        return self._child.pid if self._child is not None and self._child.alive else 0

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[ProviderEvent, None]:
        """See `Provider.generate`."""
        async with self._lock:
            async with contextlib.aclosing(self._ensure_loaded()) as loading:
                async for event in loading:
                    yield event
            child = self._present()
            child.send(Generate(id=child.next_id(), request=request))
            if self._leaving:
                child.cancel()
            over = False
            try:
                while not over:
                    frame = await self._receive(child)
                    over = isinstance(frame, Finished)
                    if not isinstance(frame, Scored | Counted | Alive):
                        yield frame
            except InferenceError:
                over = True
                raise
            finally:
                await self._rest(child, over=over)

    async def count_tokens(self, messages: Sequence[ChatTurn], prefill: str = "") -> int:
        """See `Provider.count_tokens`; loads the model when needed."""
        async with self._lock:
            async with contextlib.aclosing(self._ensure_loaded()) as loading:
                async for _ in loading:
                    pass
            child = self._present()
            child.send(Count(id=child.next_id(), messages=tuple(messages), prefill=prefill))
            over = False
            try:
                while True:
                    frame = await self._receive(child)
                    if isinstance(frame, Counted):
                        over = True
                        return frame.tokens
            except InferenceError:
                over = True
                raise
            finally:
                await self._rest(child, over=over)

    async def score(
        self, messages: Sequence[ChatTurn], candidates: Sequence[str], prefill: str = "", *, patience_s: float = 2.0
    ) -> tuple[float, ...]:
        """See `Provider.score`."""
        child = self._child
        resting = self._settling is None or self._settling.done()
        if child is None or not child.alive or self._lock.locked() or not resting:
            raise NotReady(f"{self._model} is not loaded or busy.")
        async with self._lock:
            child.send(
                Score(id=child.next_id(), messages=tuple(messages), candidates=tuple(candidates), prefill=prefill)
            )
            over = False
            try:
                while True:
                    # not the silence that ends a child: a slow one is only asked to stop
                    async with asyncio.timeout(patience_s):
                        frame = await self._receive(child)
                    if isinstance(frame, Scored):
                        over = True
                        break
            except TimeoutError:
                raise NotReady(f"{self._model} took too long to say what a request is.") from None
            except InferenceError:
                over = True
                raise
            finally:
                await self._rest(child, over=over)
            if not frame.logprobs:
                raise NotReady(f"{self._model} is being unloaded.")
            return frame.logprobs

    def use_threads(self, threads: int) -> None:
        """See `Provider.use_threads`."""
        self._threads = threads
        if self._child is not None and self._child.alive:
            self._child.send(SetThreads(threads=threads))

    async def unload(self) -> None:
        """See `Provider.unload`."""
        # Whoever waits for the lock before this is cancelled too.
        self._leaving += 1
        try:
            if self._child is not None and self._lock.locked():
                if self._child.last_id == 0:
                    await self._child.kill("the model was unloaded")
                else:
                    self._child.cancel()
            async with self._lock:
                await self._settled()
                child, self._child = self._child, None
                if child is not None:
                    await child.close()
        finally:
            self._leaving -= 1

    # --- the child -------------------------------------------------------------------------------------------------
    def _present(self) -> ChildProcess:
        if self._child is None:
            raise ChildDied("The model's process is gone.")
        return self._child

    async def _ensure_loaded(self) -> AsyncGenerator[ProviderEvent, None]:
        """Start and load a child where there is none. Its failure leaves none behind."""
        await self._settled()
        if self._child is not None and self._child.alive:
            return
        if self._child is not None:
            await self._child.kill("it had ended before")
            self._child = None
        await asyncio.to_thread(self._check_file)
        child = await ChildProcess.start()
        loaded = False
        try:
            if self._threads:
                child.send(SetThreads(threads=self._threads))
            child.send(Load(path=str(self._path.resolve()), options=self._options))
            self._child = child
            while not loaded:
                frame = await self._receive(child)
                loaded = isinstance(frame, Loaded)
                if not isinstance(frame, Scored | Counted | Alive):
                    yield frame
        finally:
            if not loaded:
                # Loading cannot be taken up again, so a child that was left in the middle of it is of no use.
                self._child = None
                await asyncio.shield(child.kill("loading was cancelled"))

    def _check_file(self) -> None:
        """What can be said about the file without loading it, in a sentence."""
        shape, room = shape_of(inspect(self._path)), self._room()
        options = self._options
        wanted = forecast(shape, options.n_ctx, n_batch=options.n_batch, kv_type=options.kv_type)
        if not room.holds(wanted.total):
            rungs = ladder(shape, wanted, room, n_batch=options.n_batch)
            raise ModelTooLarge(refusal(self._path.name, wanted, room, rungs))

    async def _receive(self, child: ChildProcess) -> Answer:
        """The next frame, a failure raised as the error it stands for."""
        frame = await child.receive(self.timeout_s)
        if isinstance(frame, Failed):
            raise _error_of(frame, self._path.name)
        return frame

    async def _rest(self, child: ChildProcess, *, over: bool) -> None:
        """Leave the child idle: an interrupted command is cancelled and its end waited for."""
        if not child.alive:
            self._child = None
        elif not over:
            # A task of its own: a second cancellation of the caller must not leave the child in mid-sentence.
            self._settling = asyncio.create_task(_settle(child))
            await asyncio.shield(self._settling)

    async def _settled(self) -> None:
        """Wait for an interrupted command's end."""
        if self._settling is not None:
            await asyncio.shield(self._settling)
            self._settling = None


async def _settle(child: ChildProcess) -> None:
    """Cancel the present command and read to its end; a child that does not come to rest is ended."""
    child.cancel()
    try:
        async with asyncio.timeout(CANCEL_GRACE):
            while not isinstance(await child.receive(CANCEL_GRACE * 2), Finished | Scored | Counted | Failed):
                pass
    except TimeoutError:
        await child.kill("it did not stop when it was cancelled")
    except ChildDied:
        pass  # it came to rest for good; the next generation starts another


def _error_of(frame: Failed, name: str) -> InferenceError:
    if frame.kind == "broken":
        return ModelBroken(f"{name} cannot be used as a model. {frame.sentence}")
    return _ERRORS[frame.kind](frame.sentence)
