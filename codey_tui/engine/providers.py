"""The providers of the models that were used: made at their first use, and sent away when another model was chosen."""

import asyncio
import logging
from collections.abc import Callable

from codey_tui.engine.masking.provider import MaskedProvider
from codey_tui.inference.provider import Provider

log = logging.getLogger(__name__)


class Providers:
    """Providers by model id; the one of `kept` stays loaded beside the chosen one."""

    def __init__(self, make: Callable[[str], Provider], kept: str = "") -> None:
        self._make = make
        self._kept = kept
        self._made: dict[str, Provider] = {}
        self._replaced: list[Provider] = []
        self._leaving: set[asyncio.Future[None]] = set()

    @property
    def rss(self) -> int:
        """Bytes of memory that all models take now."""
        return sum(provider.rss for provider in (*self._made.values(), *self._replaced))

    def get(self, model: str) -> Provider:
        """The provider of a model."""
        if model not in self._made:
            self._made[model] = MaskedProvider(self._make(model))
        return self._made[model]

    def make_anew(self, model: str) -> None:
        """The next `get` makes another provider; the present one serves a running turn until `leave_all_but`."""
        if model in self._made:
            self._replaced.append(self._made.pop(model))

    def leave_all_but(self, model: str) -> None:
        """Give back the memory of models that are not the chosen one: the budget is for one at a time, and for
        the one that is kept."""
        replaced, self._replaced = self._replaced, []
        others = (made for name, made in self._made.items() if name not in (model, self._kept))
        for provider in (*replaced, *others):
            if provider.rss:
                leaving = asyncio.ensure_future(provider.unload())
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Unload every model."""
        unloading = [*self._leaving, *(provider.unload() for provider in (*self._made.values(), *self._replaced))]
        for problem in await asyncio.gather(*unloading, return_exceptions=True):
            if problem is not None:
                log.error("A model could not be unloaded.", exc_info=problem)
