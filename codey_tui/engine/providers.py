"""The providers of the models that were used: made at their first use, kept until the engine ends.

Which of them are in memory is for `inference.residency` to decide; one whose settings changed makes way for its successor.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from codey_tui.engine.masking.provider import MaskedProvider
from codey_tui.inference.provider import InferenceError, Provider

log = logging.getLogger(__name__)


class Providers:
    """Providers by model id."""

    def __init__(self, make: Callable[[str], Provider]) -> None:
        self._make = make
        self._made: dict[str, Provider] = {}
        self._replaced: list[Provider] = []
        self._threads = 0
        self._background: set[asyncio.Future[None]] = set()
        self._keeping: set[asyncio.Future[None]] = set()
        self._leaving: set[asyncio.Future[None]] = set()

    @property
    def rss(self) -> int:
        """Bytes of memory that all models take now."""
        return sum(provider.rss for provider in (*self._made.values(), *self._replaced))

    def get(self, model: str) -> Provider:
        """The provider of a model."""
        if model not in self._made:
            self._made[model] = MaskedProvider(self._make(model))
            if self._threads:
                self._made[model].use_threads(self._threads)
        return self._made[model]

    def use_threads(self, threads: int) -> None:
        """Hold all models to so many threads; 0 lets them have what they were set up with."""
        self._threads = threads
        for provider in (*self._made.values(), *self._replaced):
            provider.use_threads(threads)

    def make_anew(self, model: str) -> None:
        """The next `get` makes another provider; the present one serves a running turn until `leave_replaced`."""
        if model in self._made:
            self._replaced.append(self._made.pop(model))

    def leave_replaced(self) -> None:
        """Unload what was replaced; no turn runs."""
        replaced, self._replaced = self._replaced, []
        for provider in replaced:  # also those that are not in memory: one may be on its way there
            self._begin(provider.unload(), self._leaving)

    def in_background(self, work: Coroutine[None, None, None]) -> asyncio.Future[None]:
        """Do something with a model that nobody need wait for, such as loading it ahead of its use; failures are logged, and `close`
        breaks it off."""
        return self._begin(work, self._background)

    @property
    def keeping(self) -> bool:
        """Whether a conversation is being kept."""
        return bool(self._keeping)

    def keep(self, model: str, conversation: str) -> None:
        """Let a conversation that rests outlive its model's process, beside whatever comes next; `close` lets it end."""
        self._begin(_kept(self.get(model), conversation), self._keeping)

    async def rested(self, seconds: float) -> None:
        """Wait until nothing is being kept any more, at most so long."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=seconds)

    @staticmethod
    def _begin(work: Coroutine[None, None, None], among: set[asyncio.Future[None]]) -> asyncio.Future[None]:
        task = asyncio.ensure_future(_told(work))
        among.add(task)
        task.add_done_callback(among.discard)
        return task

    async def close(self) -> None:
        """Unload every model."""
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, *self._keeping, return_exceptions=True)
        unloading = [*self._leaving, *(provider.unload() for provider in (*self._made.values(), *self._replaced))]
        for problem in await asyncio.gather(*unloading, return_exceptions=True):
            if problem is not None:
                log.error("A model could not be unloaded.", exc_info=problem)


async def _kept(provider: Provider, conversation: str) -> None:
    await provider.keep(conversation)


async def _told(work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except InferenceError as error:  # whoever needs the model next meets it again, and tells the person
        log.warning("%s", error)
    except Exception:
        log.exception("Something with a model went wrong in the background.")
