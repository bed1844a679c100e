"""The folds of prompts that take long to read."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.tui.fold_parts import note
from codey_tui.tui.state import CostView, View
from codey_tui.tui.telling import cost_text


def _forecast(view: View, event: ev.PromptForecast, env: ev.Envelope) -> View:
    text = cost_text(event.new, event.cached, event.seconds)
    view = note(view, f"cost:{event.question_id}", "A long prompt", text)
    if not event.asked:
        return view
    cost = CostView(id=event.question_id, new=event.new, cached=event.cached, seconds=event.seconds, parts=event.parts)
    return replace(view, cost=cost)


def _decided(view: View, event: ev.PromptDecided, env: ev.Envelope) -> View:
    cost = view.cost
    if cost is None or cost.id != event.question_id:
        return view
    titles = [part.title for part in cost.parts if part.id in event.left_out]
    text = cost_text(cost.new, cost.cached, cost.seconds)
    if event.verdict == "reject":
        title = "■ A long prompt · not sent"
    else:
        title = "✓ A long prompt · sent" + (f" without {', '.join(titles)}" if titles else "")
    return replace(note(view, f"cost:{cost.id}", title, text), cost=None)


FOLDS: dict[type, Callable[[View, Any, ev.Envelope], View]] = {
    ev.PromptForecast: _forecast,
    ev.PromptDecided: _decided,
}
