"""How a model comes into memory and leaves it: what a provider asks before a load, and says afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from codey_tui.inference.footprint import Footprint, flash_serves, forecast
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Room, ladder, refusal
from codey_tui.inference.provider import ModelTooLarge
from codey_tui.inference.shape import ModelShape, shape_of

Leave = Callable[[], Awaitable[None]]


class Entry(Protocol):
    """A load that was let in."""

    @property
    def options(self) -> LoadOptions:
        """The choice that it was let in with."""
        ...

    def started(self, pid: int) -> None:
        """The model's process runs."""
        ...

    def loaded(self) -> None:
        """The model is in memory; without this it is taken for gone at the end of the load."""
        ...


class Tenancy(Protocol):
    """The memory of one provider's model."""

    def entering(self, path: Path, choices: Sequence[LoadOptions], leave: Leave) -> AbstractAsyncContextManager[Entry]:
        """The length of a load, before a byte of the model is read, with the first of the choices that there is memory for; what
        none of them has is waited for where it can come free. `leave` gives the memory back when asked for it. Raises
        ModelTooLarge, NotReady, ModelMissing and ModelBroken."""
        ...

    def give_up(self) -> None:
        """Nobody needs the model any more: a load that waits for memory raises NotReady."""
        ...

    def lease(self) -> AbstractContextManager[None]:
        """The length of a request, in which the model is not sent away."""
        ...

    async def peaked(self, rss: int) -> None:
        """It took so many bytes at most."""
        ...

    def killed(self, rss: int) -> None:
        """The kernel ended it for want of memory, when it had so many bytes."""
        ...

    def left(self) -> None:
        """Its process has ended."""
        ...


def wanted_of(path: Path, options: LoadOptions) -> tuple[ModelShape, Footprint]:
    """What a load would take, from the file's header. Raises ModelMissing and ModelBroken."""
    shape = shape_of(inspect(path))
    return shape, forecast(shape, options.n_ctx, n_batch=options.n_batch, kv_type=options.kv_type, flash=options.flash)


def settled(path: Path, options: LoadOptions) -> LoadOptions:
    """The options with every choice made that hangs on the model's shape. Raises ModelMissing and ModelBroken."""
    if options.flash is not None:
        return options
    flash = flash_serves(shape_of(inspect(path)), options.n_ctx, n_batch=options.n_batch, kv_type=options.kv_type)
    return replace(options, flash=flash)


class Alone:
    """A tenancy that shares nothing: a model that needs more than `room` is refused, and nobody makes way for it."""

    def __init__(self, room: Callable[[], Room] = Room) -> None:
        self._room = room
        self.options = LoadOptions()

    @contextlib.asynccontextmanager
    async def entering(self, path: Path, choices: Sequence[LoadOptions], leave: Leave) -> AsyncGenerator[Entry]:
        """See `Tenancy`."""
        room = self._room()
        refused = ""
        for options in choices:
            shape, wanted = await asyncio.to_thread(wanted_of, path, options)
            if room.holds(wanted.needs):
                self.options = options
                yield self
                return
            refused = refusal(path.name, wanted, room, ladder(shape, wanted, room, n_batch=options.n_batch))
        raise ModelTooLarge(refused)

    def give_up(self) -> None:
        """See `Tenancy`: nothing is waited for."""

    def started(self, pid: int) -> None:
        """See `Entry`."""

    def loaded(self) -> None:
        """See `Entry`."""

    @contextlib.contextmanager
    def lease(self) -> Generator[None]:
        """See `Tenancy`."""
        yield

    async def peaked(self, rss: int) -> None:
        """See `Tenancy`."""

    def killed(self, rss: int) -> None:
        """See `Tenancy`."""

    def left(self) -> None:
        """See `Tenancy`."""
