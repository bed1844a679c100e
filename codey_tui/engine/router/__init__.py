"""The router: says in a millisecond what a request is, by rules, without loading a model."""

import time
from collections.abc import Collection
from pathlib import Path

from codey_tui.engine.router.rules import decide, normalise_tool
from codey_tui.protocol.models import Route

__all__ = ["normalise_tool", "route"]


def route(text: str, known_tools: Collection[str], workspace: Path) -> Route:
    """What `text` asks for. `known_tools` are the names in the registry; `workspace` is only looked at.

    Never raises for any text: what nobody understands is `clarify`, with a `reply` that says what would help. `reply` also
    carries the answer of a `calc` route. A tool that is not in `known_tools` is never chosen.
    """
    started = time.perf_counter()
    ruling = decide(text, frozenset(known_tools), workspace)
    return Route(
        kind=ruling.kind,
        confidence=ruling.confidence,
        decided_by=f"rule:{ruling.rule}",
        milliseconds=(time.perf_counter() - started) * 1000,
        tool=ruling.tool,
        args=ruling.args or {},
        reply=ruling.reply,
    )
