"""What a correction of a route refers to: the last request, how it was routed, and whether anything has been done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Route, RouteKind
from codey_tui.protocol.ops import SubmitPrompt
from codey_tui.store.corrections import Correction

HOW_TO_CORRECT = f"Say what the last request was: /route and one of {', '.join(get_args(RouteKind))}."
_DEEDS = (ev.ChunkStarted, ev.ActionStarted, ev.MessageAdded, ev.TokensGenerated)


@dataclass(frozen=True)
class Routed:
    """The last request that was routed. `acted`: work of it was begun, so that it cannot simply be taken otherwise."""

    turn: int
    text: str
    files: tuple[str, ...]
    route: Route
    acted: bool


def last_routed(history: Sequence[ev.Envelope]) -> Routed | None:
    """The last request of a session with its route; None where nothing was asked yet."""
    turn = next((said.turn for said in reversed(history) if isinstance(said.event, ev.RouteChosen)), 0)
    events = [said.event for said in history if said.turn == turn]
    route = next((event.route for event in events if isinstance(event, ev.RouteChosen)), None)
    started = next((event for event in events if isinstance(event, ev.TurnStarted)), None)
    if route is None or started is None:
        return None
    # a question back or a sum is a message of Codey's and nothing more
    spoken = route.kind in ("clarify", "calc")
    acted = any(isinstance(event, _DEEDS) for event in events) and not spoken
    return Routed(turn, started.message.text, started.files, route, acted)


def again_as(found: Routed | None, kind: str) -> SubmitPrompt | None:
    """The request as the kind that a person named; None for what is no kind."""
    if found is None or kind not in get_args(RouteKind):
        return None
    return SubmitPrompt(text=found.text, files=found.files, kind=cast(RouteKind, kind))


def correction(found: Routed, again: SubmitPrompt, session: str, at: float) -> Correction:
    """What is kept of it for training."""
    route, kind = found.route, again.kind or found.route.kind
    return Correction(
        text=found.text, kind=kind, was=route.kind, decided_by=route.decided_by, at=at, session=session, turn=found.turn
    )
