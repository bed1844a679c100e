"""The router: says in a millisecond what a request is. Exact rules first, the linear model second, a question back below that."""

import time
from collections.abc import Collection
from pathlib import Path

from codey_tui.engine.router.choice import Counsel, Opinion, choose, forced
from codey_tui.engine.router.linear import Linear, WeightsBroken
from codey_tui.engine.router.rules import normalise_tool
from codey_tui.protocol.models import Route, RouteKind

__all__ = ["Counsel", "Opinion", "Router", "WeightsBroken", "normalise_tool", "route", "route_as"]


def route(
    text: str,
    known_tools: Collection[str],
    workspace: Path,
    *,
    model: Linear | None = None,
    counsel: Counsel | None = None,
) -> Route:
    """What `text` asks for. `known_tools` are the names in the registry; `workspace` is only looked at.

    Never raises for any text: what nobody understands is `clarify`, with a `reply` that says what would help. `reply` also
    carries the answer of a `calc` route. A tool that is not in `known_tools` is never chosen. Without a `model` the rules
    decide alone; `counsel` is asked where the model hesitates, or in its place.
    """
    started = time.perf_counter()
    decided_by, ruling = choose(text, frozenset(known_tools), workspace, model, counsel)
    return Route(
        kind=ruling.kind,
        confidence=ruling.confidence,
        decided_by=decided_by,
        milliseconds=(time.perf_counter() - started) * 1000,
        tool=ruling.tool,
        args=ruling.args or {},
        reply=ruling.reply,
    )


def route_as(text: str, kind: RouteKind, known_tools: Collection[str], workspace: Path) -> Route:
    """`text` as what a person says it is; `clarify` with a sentence where it has not what that kind takes."""
    started = time.perf_counter()
    ruling = forced(text, kind, frozenset(known_tools), workspace)
    return Route(
        kind=ruling.kind,
        confidence=1.0,
        decided_by="person",
        milliseconds=(time.perf_counter() - started) * 1000,
        tool=ruling.tool,
        args=ruling.args or {},
        reply=ruling.reply,
    )


class Router:
    """`route` with the weights of a file, which are read at the first request. `problem` says why the rules decide alone
    where the file cannot be used."""

    def __init__(self, weights: Path) -> None:
        self.problem = ""
        self._weights = weights
        self._model: Linear | None = None

    def __call__(
        self, text: str, known_tools: Collection[str], workspace: Path, counsel: Counsel | None = None
    ) -> Route:
        """See `route`."""
        self.load()
        return route(text, known_tools, workspace, model=self._model, counsel=counsel)

    def load(self) -> None:
        """Read the weights now, if they are not read yet; afterwards `problem` says whether they can be used."""
        if self._model is None and not self.problem:
            try:
                self._model = Linear.load(self._weights)
            except WeightsBroken as error:
                self.problem = str(error)
