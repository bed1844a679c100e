"""The folds of models that are fetched from the hub and removed."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.tui.cleaning import clean
from codey_tui.tui.fold_parts import note, tell
from codey_tui.tui.state import PullView, View

_TITLES = {"done": "✓ Fetched", "failed": "✗ Not fetched", "cancelled": "■ Stopped fetching"}


def _pull_progressed(view: View, event: ev.ModelPullProgressed, env: ev.Envelope) -> View:
    pull = PullView(model=event.model, done=event.done, size=event.size, rate=event.rate)
    if view.pulls.get(event.model) == pull:
        return view
    return replace(view, pulls={**view.pulls, event.model: pull})


def _pull_ended(view: View, event: ev.ModelPullEnded, env: ev.Envelope) -> View:
    pulls = {model: pull for model, pull in view.pulls.items() if model != event.model}
    view = replace(view, pulls=pulls, models_changed=view.models_changed + 1)
    view = tell(view, "error" if event.result == "failed" else "info", event.text, env.at)
    return note(view, f"pull:{env.seq}", f"{_TITLES[event.result]} {clean(event.model)}", clean(event.text))


def _removed(view: View, event: ev.ModelRemoved, env: ev.Envelope) -> View:
    view = replace(view, models_changed=view.models_changed + 1)
    view = tell(view, "info", event.text, env.at)
    return note(view, f"removed:{env.seq}", "Models", clean(event.text))


FOLDS: dict[type, Callable[[View, Any, ev.Envelope], View]] = {
    ev.ModelPullProgressed: _pull_progressed,
    ev.ModelPullEnded: _pull_ended,
    ev.ModelRemoved: _removed,
}
