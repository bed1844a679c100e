"""The folds of action events: what waits for an answer, what runs, what came of it."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.tui.cleaning import clean
from codey_tui.tui.fold_parts import find_line, note, put_line
from codey_tui.tui.state import Line, PendingAction, RunningAction, View
from codey_tui.tui.telling import action_text, action_title, opened_code


def _key(action_id: str) -> str:
    return f"action:{action_id}"


def _action_proposed(view: View, event: ev.ActionProposed, env: ev.Envelope) -> View:
    pending = PendingAction(
        id=event.action.id, tool=event.action.tool, risk=event.risk, preview=event.preview, sandbox=event.sandbox
    )
    others = tuple(other for other in view.pending if other.id != pending.id)
    return replace(view, pending=(*others, pending), progress=replace(view.progress, phase="waiting"))


def _action_settled(view: View, event: ev.ActionSettled, env: ev.Envelope) -> View:
    settled = next((held for held in view.pending if held.id == event.action_id), None)
    if event.verdict == "reject":
        title = settled.preview.title if settled else event.title or "the action"
        view = note(view, _key(event.action_id), f"■ Rejected: {clean(title)}", clean(event.reason))
    return replace(view, pending=tuple(held for held in view.pending if held.id != event.action_id))


def _action_started(view: View, event: ev.ActionStarted, env: ev.Envelope) -> View:
    title = clean(event.title)
    line = Line(key=_key(event.action.id), role="tool", title=f"● {title}", text=opened_code("", ""), open=True)
    running = RunningAction(id=event.action.id, title=title, sandbox=event.sandbox)
    progress = replace(view.progress, phase="running", label=title, done=0.0, total=0.0, seconds_left=None)
    pending = tuple(held for held in view.pending if held.id != event.action.id)
    return replace(put_line(view, line), running=running, progress=progress, pending=pending)


def _action_output(view: View, event: ev.ActionOutput, env: ev.Envelope) -> View:
    running = view.running
    if running is None or running.id != event.action_id:
        return view
    output = running.output[: event.offset].ljust(event.offset) + event.text
    index = find_line(view, _key(event.action_id))
    if index >= 0:
        view = put_line(view, replace(view.lines[index], text=opened_code(clean(output), "")))
    return replace(view, running=replace(running, output=output))


def _action_ended(view: View, event: ev.ActionEnded, env: ev.Envelope) -> View:
    index = find_line(view, _key(event.action_id))
    title = view.lines[index].title.removeprefix("● ") if index >= 0 else event.result.summary
    line = Line(
        key=_key(event.action_id),
        role="tool",
        title=action_title(event.result, title),
        text=action_text(event.result),
    )
    running = None if view.running is not None and view.running.id == event.action_id else view.running
    return replace(put_line(view, line), running=running, progress=replace(view.progress, phase="waiting", label=""))


FOLDS: dict[type, Callable[[View, Any, ev.Envelope], View]] = {
    ev.ActionProposed: _action_proposed,
    ev.ActionSettled: _action_settled,
    ev.ActionStarted: _action_started,
    ev.ActionOutput: _action_output,
    ev.ActionEnded: _action_ended,
}
