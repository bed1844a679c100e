"""The provider of local GGUF models: a child process with llama.cpp, started on demand and given up when it fails."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from codey_tui.inference.frames import (
    Alive,
    Count,
    Counted,
    Failed,
    Generate,
    Keep,
    Kept,
    Load,
    LoadOptions,
    Noted,
    Score,
    Scored,
    SetThreads,
)
from codey_tui.inference.process import ChildProcess
from codey_tui.inference.provider import (
    ChatTurn,
    ChildDied,
    Finished,
    GenerateRequest,
    InferenceError,
    KilledForMemory,
    Loaded,
    ModelBroken,
    ModelMissing,
    ModelTooLarge,
    NotReady,
    PromptHeld,
    PromptTooLong,
    ProviderEvent,
)
from codey_tui.inference.rates import Rates
from codey_tui.inference.tenancy import Alone, Tenancy, settled

log = logging.getLogger(__name__)

# A cancelled generation has this long (seconds) to come to rest before its process is ended.
CANCEL_GRACE = 1.0

Answer = ProviderEvent | Scored | Counted | Kept | Alive
_LAST = (Finished, PromptHeld, Scored, Counted, Kept, Failed)

_ERRORS: dict[str, type[InferenceError]] = {
    "missing": ModelMissing,
    "broken": ModelBroken,
    "too_large": ModelTooLarge,
    "too_long": PromptTooLong,
    "other": InferenceError,
}


class LlamaCppProvider:
    """A GGUF file behind the `Provider` protocol.

    `timeout_s` bounds silence, not the whole generation. `tenancy` is asked whenever a load is due; a model that would not fit
    is refused before it is read. Loading happens with the first generation and again after a failure; `tune` may choose how, and
    `used` hears how each generation went, both in a thread.
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
        tenancy: Tenancy | None = None,
        options: LoadOptions | None = None,
        rates: Rates | None = None,
        tune: Callable[[LoadOptions], LoadOptions] = lambda options: options,
        used: Callable[[Finished], None] = lambda _: None,
    ) -> None:
        self._model = model_id
        self._path = path
        self.timeout_s = timeout_s
        self._tenancy: Tenancy = tenancy or Alone()
        self._options = replace(options or LoadOptions(), n_ctx=n_ctx, n_threads=max(1, n_threads), nice=nice)
        self._untuned = self._options
        self._tune, self._used = tune, used
        self._rates = rates or Rates()
        self._rate_key = f"{path} {self._options.kv_type} {self._options.n_threads}"
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
        with self._tenancy.lease():
            async with contextlib.aclosing(self._generate(request)) as events:
                async for event in events:
                    yield event

    async def load(self) -> AsyncGenerator[ProviderEvent, None]:
        """See `Provider.load`."""
        with self._tenancy.lease():
            async with self._lock, contextlib.aclosing(self._ensure_loaded()) as loading:
                async for event in loading:
                    yield event

    async def _generate(self, request: GenerateRequest) -> AsyncGenerator[ProviderEvent, None]:
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
                    over = isinstance(frame, Finished | PromptHeld)
                    if isinstance(frame, Finished):
                        await self._learn(frame)
                    if not isinstance(frame, Scored | Counted | Kept | Alive):
                        yield frame
            except InferenceError:
                over = True
                raise
            finally:
                await self._rest(child, over=over)

    async def _learn(self, finished: Finished) -> None:
        """Remember what a generation has told; a slow disk holds nobody else up."""
        await self._tenancy.peaked(finished.peak_rss)
        await asyncio.to_thread(self._rates.note, self._rate_key, finished.prompt_rate)
        await asyncio.to_thread(self._used, finished)

    async def count_tokens(self, messages: Sequence[ChatTurn], prefill: str = "") -> int:
        """See `Provider.count_tokens`; loads the model when needed."""
        with self._tenancy.lease():
            return await self._count(messages, prefill)

    async def _count(self, messages: Sequence[ChatTurn], prefill: str) -> int:
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
        command = Score(id=child.next_id(), messages=tuple(messages), candidates=tuple(candidates), prefill=prefill)
        with self._tenancy.lease():
            return await self._score(child, command, patience_s)

    async def _score(self, child: ChildProcess, command: Score, patience_s: float) -> tuple[float, ...]:
        async with self._lock:
            child.send(command)
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

    async def keep(self, conversation: str) -> int:
        """See `Provider.keep`."""
        if not (self._options.kv_folder and self._options.kv_max_bytes) or self._lock.locked():
            return 0
        with self._tenancy.lease():
            return await self._keep(conversation)

    async def _keep(self, conversation: str) -> int:
        async with self._lock:
            await self._settled()
            child, over = self._child, False
            if child is None or not child.alive:
                return 0
            child.send(Keep(id=child.next_id(), conversation=conversation))
            try:
                while not isinstance(frame := await self._receive(child), Kept):
                    pass
                over = True
                return frame.tokens
            except InferenceError as error:
                over = True
                log.warning("An evaluated prompt was not saved: %s", error)
                return 0
            finally:
                # A file that is being written is not cut off: it ends by itself, and the model stays in memory.
                await self._rest(child, over=over, grace=self.timeout_s)

    def use_threads(self, threads: int) -> None:
        """See `Provider.use_threads`."""
        self._threads = threads
        if self._child is not None and self._child.alive:
            self._child.send(SetThreads(threads=threads))

    async def unload(self) -> None:
        """See `Provider.unload`."""
        # Whoever waits for the lock before this is cancelled too, and who has it may wait for memory.
        self._leaving += 1
        self._tenancy.give_up()
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
                    self._tenancy.left()
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
            self._gone()
        how = await asyncio.to_thread(self._how)
        # with flash attention it is slower later in a text, and smaller
        choices = (how,) if how.flash else (how, replace(how, flash=True))
        self._options = choices[-1]
        try:
            async with contextlib.aclosing(self._enter(choices)) as loading:
                async for event in loading:
                    yield event
        except ModelTooLarge:
            if self._options is choices[-1]:
                raise
            async with contextlib.aclosing(self._enter(choices[1:])) as loading:  # it was let in, and yet too large
                async for event in loading:
                    yield event

    async def _enter(self, choices: Sequence[LoadOptions]) -> AsyncGenerator[ProviderEvent, None]:
        """Load it in the first of these ways that the tenancy has room for."""
        self._still_wanted()
        async with self._tenancy.entering(self._path, choices, self.unload) as entry:
            self._still_wanted()
            self._options = entry.options
            child = await ChildProcess.start(self._path)
            entry.started(child.pid)
            async with contextlib.aclosing(self._load(child)) as loading:
                async for event in loading:
                    if isinstance(event, Loaded):
                        entry.loaded()
                    yield event

    def _still_wanted(self) -> None:
        if self._leaving:
            raise NotReady(f"{self._model} was unloaded before it was read.")

    def _how(self) -> LoadOptions:
        """How it is to be loaded now. Raises ModelMissing and ModelBroken."""
        return settled(self._path, self._tune(self._untuned))

    async def _load(self, child: ChildProcess) -> AsyncGenerator[ProviderEvent, None]:
        loaded = False
        try:
            if self._threads:
                child.send(SetThreads(threads=self._threads))
            known = replace(self._options, prompt_rate=self._rates.get(self._rate_key))
            child.send(Load(path=str(self._path.resolve()), options=known))
            self._child = child
            while not loaded:
                frame = await self._receive(child)
                loaded = isinstance(frame, Loaded)
                if not isinstance(frame, Scored | Counted | Kept | Alive):
                    yield frame
        finally:
            if not loaded:
                # Loading cannot be taken up again, so a child that was left in the middle of it is of no use.
                self._child = None
                await asyncio.shield(child.kill("loading was cancelled"))

    def _gone(self) -> None:
        """The child has ended, and its memory is free."""
        self._child = None
        self._tenancy.left()

    async def _receive(self, child: ChildProcess) -> Answer:
        """The next frame, a failure raised as the error it stands for."""
        try:
            while isinstance(frame := await child.receive(self.timeout_s), Noted):
                log.info("%s: %s", self._model, frame.sentence)
        except KilledForMemory:
            self._tenancy.killed(child.rss_seen)
            raise
        if isinstance(frame, Failed):
            raise _error_of(frame, self._path.name)
        return frame

    async def _rest(self, child: ChildProcess, *, over: bool, grace: float = CANCEL_GRACE) -> None:
        """Leave the child idle: an interrupted command is cancelled and its end waited for, at most `grace` seconds."""
        if not child.alive:
            self._gone()
        elif not over:
            # A task of its own: a second cancellation of the caller must not leave the child in mid-sentence.
            self._settling = asyncio.create_task(_settle(child, grace))
            await asyncio.shield(self._settling)

    async def _settled(self) -> None:
        """Wait for an interrupted command's end."""
        if self._settling is not None:
            await asyncio.shield(self._settling)
            self._settling = None


async def _settle(child: ChildProcess, grace: float) -> None:
    """Cancel the present command and read to its end; a child that does not come to rest in `grace` seconds is ended."""
    child.cancel()
    try:
        async with asyncio.timeout(grace):
            while not isinstance(await child.receive(grace * 2), _LAST):
                pass
    except TimeoutError:
        await child.kill("it did not stop when it was cancelled")
    except ChildDied:
        pass  # it came to rest for good; the next generation starts another


def _error_of(frame: Failed, name: str) -> InferenceError:
    if frame.kind == "broken":
        return ModelBroken(f"{name} cannot be used as a model. {frame.sentence}")
    return _ERRORS[frame.kind](frame.sentence)
