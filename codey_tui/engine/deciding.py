"""What a request is, with a language model asked where the rules and the linear model leave room for one."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from codey_tui.engine import prompts
from codey_tui.engine.parts import EngineParts
from codey_tui.engine.providers import Providers
from codey_tui.engine.router import Counsel, Opinion, steps
from codey_tui.engine.router_model import ModelRouter, RouterModel
from codey_tui.inference.provider import ChatTurn, InferenceError, NotReady, Provider
from codey_tui.inference.waiting import impatient
from codey_tui.protocol.models import Route, RouteKind
from codey_tui.tools.call_forms import JSON

log = logging.getLogger(__name__)

SURE = 0.6
"""The least probability of a label among all tokens with which a model's opinion counts."""
LABEL_CHARS = 600
"""Characters of a request that are labelled: a long one says in its beginning what it wants."""
PATIENCE_S = 2.0
"""Seconds without progress, of loading, or of keeping the turn before, after which a label is not waited for; nor is a model at
work, for memory that the router's model needs."""


async def labelled(provider: Provider, text: str) -> Opinion | None:
    """What a model that knows the labels of `prompts.LABELS` says in one pass, where it is sure. Raises `InferenceError`."""
    turns = (ChatTurn(role="user", text=prompts.label(text[:LABEL_CHARS])),)
    found = await provider.score(turns, tuple(prompts.LABELS.values()), patience_s=PATIENCE_S)
    logprob, kind = max(zip(found, prompts.LABELS, strict=True))
    sure = math.exp(logprob)
    return Opinion(provider.model, kind, sure) if sure >= SURE else None


Load = Callable[[], asyncio.Future[None]]
"""Begins to load the coder's model; the future is done when it is loaded, or cannot be."""


class Decider:
    """Routes requests. A label of the coder's model counts where the linear model hesitates, if that model knows labels and is
    loaded. A model of the router's own is asked in the linear model's place, and the coder's where there is no memory for it; one
    that cannot be used is told of once.

    `model` gives the id of the coder's model, `notice` tells the person something.
    """

    def __init__(
        self, parts: EngineParts, providers: Providers, model: Callable[[], str], notice: Callable[[str], None]
    ) -> None:
        self._parts = parts
        self._providers = providers
        self._model = model
        self._notice = notice
        self._router = ModelRouter(parts.router, parts.tools) if parts.router else None
        self._standing_in: ModelRouter | None = None
        self._told: set[str] = set()

    async def __call__(self, text: str, load: Load | None = None) -> Route:
        """The route of one request; `milliseconds` counts all who were asked. Raises nothing for any text.

        With `load` a model that could say what a doubtful request is, and is not loaded, is loaded and waited for, at most
        `PATIENCE_S` seconds.
        """
        started = time.perf_counter()
        router = self._router

        async def label(asked: str) -> Opinion | None:
            return await self._label(asked, load)

        decided = await self._with(text, lambda asked: self._by_router(router, asked), instead=True) if router else None
        decided = decided or await self._with(text, label) or self._parts.route(text, None)
        return replace(decided, milliseconds=(time.perf_counter() - started) * 1000)

    async def as_kind(self, text: str, kind: RouteKind) -> Route:
        """The route of a request that is what a person says it is."""
        return self._parts.route_as(text, kind)

    async def steps(self, text: str, load: Load | None = None) -> Mapping[str, Route]:
        """The route of each step of a request, by its text."""
        return {step.text: await self(step.text, load) for step in steps.split(text)}

    async def _with(
        self, text: str, ask: Callable[[str], Awaitable[Opinion | None]], *, instead: bool = False
    ) -> Route | None:
        """The route, with an opinion where the rules leave room for it; None where there was room and no opinion."""
        room: list[str] = []
        # `append` gives no opinion: this first look only says whether there is room for one
        chosen = self._parts.route(text, Counsel(room.append, instead))
        if not room:
            return chosen
        opinion = await ask(room[0])
        if opinion is None:
            return None

        def said(_text: str) -> Opinion:
            return opinion

        return self._parts.route(text, Counsel(said, instead))

    async def _label(self, text: str, load: Load | None) -> Opinion | None:
        """What the coder's model says in one pass, where it is ready and sure."""
        model = self._model()
        if not self._parts.models[model].labels:
            return None
        provider = self._providers.get(model)
        if load is not None and not provider.rss:
            await asyncio.wait({load()}, timeout=PATIENCE_S)
        await self._providers.rested(PATIENCE_S)  # a model that keeps the turn before answers nothing
        try:
            return await labelled(provider, text)
        except NotReady:
            return None  # a label is worth no longer waiting: the linear model decides
        except InferenceError as error:
            log.warning("A model could not label a request: %s", error)
            return None

    async def _by_router(self, router: ModelRouter, text: str) -> Opinion | None:
        """What the router's own model says; loads it when needed. Where there is no memory for it, the coder's model says it."""
        problem = await asyncio.to_thread(router.chosen.problem)
        if problem:
            coder = self._model()
            self._tell(f"{problem} So {self._parts.models[coder].info.title} is asked what a request is as well.")
            if self._parts.models[coder].labels:
                return None  # it says so with a label, which is asked for next
            router = self._stand_in(coder)
        try:
            with impatient(PATIENCE_S):
                return await router.ask(text, self._providers.get(router.chosen.model))
        except InferenceError as error:
            self._tell(f"The router's model cannot be used, so the built-in router decides. {error}")
        return None

    def _stand_in(self, coder: str) -> ModelRouter:
        """A router over the coder's model; its grammar is made once."""
        if self._standing_in is None or self._standing_in.chosen.model != coder:
            self._standing_in = ModelRouter(RouterModel(coder, JSON, lambda: ""), self._parts.tools)
        return self._standing_in

    def _tell(self, problem: str) -> None:
        """Tell the person, once for each problem."""
        if problem not in self._told:
            self._told.add(problem)
            self._notice(problem)
