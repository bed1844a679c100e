"""The pure fold of envelopes into a `View`: the screen shows this and nothing else.

Durable events are folded once (an envelope that was seen before changes nothing) and deltas are idempotent by their
offset, so that a replay with every delta and one with none end in the same transcript.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.protocol.plan import Chunk
from codey_tui.tui import fold_actions, fold_chunks, fold_cost, fold_models
from codey_tui.tui.cleaning import clean, cleaned
from codey_tui.tui.fold_parts import close_lines, note, put_line, tell
from codey_tui.tui.state import (
    ChunkView,
    LastTurn,
    Line,
    Meter,
    PlanView,
    Progress,
    View,
)
from codey_tui.tui.telling import plan_text, turn_text, turn_title, undone_text

_NOTICE_TITLES = {"info": "Note", "warning": "! Warning", "error": "✗ Error"}


def fold(view: View, envelope: ev.Envelope) -> View:
    """The view after one more envelope."""
    event = envelope.event if isinstance(envelope.event, ev.DELTAS) else cleaned(envelope.event)
    if isinstance(event, ev.SessionOpened):
        return _session_opened(view, event, envelope)
    if view.session is not None and envelope.session not in ("", view.session.id):
        return view
    if isinstance(event, ev.DELTAS):
        late = not view.busy and not isinstance(event, (ev.GaugesRead, ev.ModelLoadProgressed, ev.ModelPullProgressed))
        return view if late else _FOLDS[type(event)](view, event, envelope)
    if 0 < envelope.seq <= view.seq:
        return view
    return replace(_FOLDS[type(event)](view, event, envelope), seq=max(view.seq, envelope.seq))


def _session_opened(view: View, event: ev.SessionOpened, env: ev.Envelope) -> View:
    if view.session is None or view.session.id != event.session.id:
        view = View(gauges=view.gauges, notices=view.notices, pulls=view.pulls)
    return replace(view, session=event.session, mode=event.mode, model=event.model, seq=max(view.seq, env.seq))


def _sessions_removed(view: View, event: ev.SessionsRemoved, env: ev.Envelope) -> View:
    view = replace(view, removed=view.removed | set(event.sessions))
    view = tell(view, "info", event.text, env.at)
    return note(view, f"sessions:{env.seq}", "Sessions", clean(event.text))


def _mode_changed(view: View, event: ev.ModeChanged, env: ev.Envelope) -> View:
    return replace(view, mode=event.mode)


def _model_changed(view: View, event: ev.ModelChanged, env: ev.Envelope) -> View:
    before = view.model
    view = replace(view, model=event.model)
    if view.progress.phase == "loading" and event.model.state != "loading":
        after = replace(view.progress, phase="waiting", label="", done=0.0, total=0.0) if view.busy else Progress()
        view = replace(view, progress=after)
    news = event.model.problem and (before is None or before.problem != event.model.problem)
    return tell(view, "error", event.model.problem, env.at) if news else view


def _noticed(view: View, event: ev.Noticed, env: ev.Envelope) -> View:
    view = tell(view, event.level, event.text, env.at)
    return note(view, f"notice:{env.seq}", _NOTICE_TITLES[event.level], clean(event.text))


def _turn_started(view: View, event: ev.TurnStarted, env: ev.Envelope) -> View:
    message = event.message
    view = put_line(view, Line(key=message.id, role=message.role, text=clean(message.text)))
    if view.session is not None and not view.session.title:  # a session is named after what was first asked in it
        view = replace(view, session=replace(view.session, title=clean(message.text).split("\n")[0][:80]))
    queued = list(view.queued)
    if message.text in queued:
        queued.remove(message.text)
    return replace(
        view,
        busy=True,
        turn=env.turn,
        plan=None,
        cost=None,
        pending=(),
        running=None,
        growing=(),
        route=None,
        last=None,
        streams={},
        queued=tuple(queued),
        progress=Progress(phase="routing"),
        meter=Meter(),
    )


def _prompt_queued(view: View, event: ev.PromptQueued, env: ev.Envelope) -> View:
    return replace(view, queued=(*view.queued, event.text)[-max(1, event.waiting) :])


def _route_chosen(view: View, event: ev.RouteChosen, env: ev.Envelope) -> View:
    return replace(view, route=event.route, progress=Progress(phase="waiting"))


def _plan_proposed(view: View, event: ev.PlanProposed, env: ev.Envelope) -> View:
    plan = event.plan
    chunks = tuple(ChunkView(chunk=chunk) for chunk in plan.chunks)
    view = note(view, f"plan:{plan.id}", "Plan", plan_text(plan.chunks))
    shown = PlanView(id=plan.id, request=plan.request, state="proposed", chunks=chunks)
    return replace(view, plan=shown, progress=Progress(phase="waiting", chunks=len(chunks)))


def _plan_decided(view: View, event: ev.PlanDecided, env: ev.Envelope) -> View:
    plan = view.plan
    if plan is None or plan.id != event.plan_id:
        return view
    if event.verdict == "reject":
        why = f": {event.reason}" if event.reason else ""
        view = note(view, f"plan:{plan.id}", f"■ Plan rejected{why}", plan_text(tuple(c.chunk for c in plan.chunks)))
        return replace(view, plan=replace(plan, state="rejected", reason=event.reason))
    known = {held.chunk.id: held for held in plan.chunks}
    wanted = event.chunks or tuple(known)
    kept = tuple(known[id] for id in wanted if id in known)
    dropped = tuple(replace(held, state="skipped") for id, held in known.items() if id not in wanted)
    chunks: tuple[Chunk, ...] = tuple(held.chunk for held in kept)
    note_dropped = f", {len(dropped)} dropped" if dropped else ""
    view = note(view, f"plan:{plan.id}", f"✓ Plan approved{note_dropped}", plan_text(chunks))
    return replace(view, plan=replace(plan, state="approved", chunks=kept + dropped))


def _message_added(view: View, event: ev.MessageAdded, env: ev.Envelope) -> View:
    message = event.message
    streams = {key: text for key, text in view.streams.items() if key != message.id}
    line = Line(key=message.id, role=message.role, text=clean(message.text))
    return replace(put_line(view, line), streams=streams)


def _turn_ended(view: View, event: ev.TurnEnded, env: ev.Envelope) -> View:
    told = view.lines[-1].text.rpartition("\n\n")[2] if view.lines and view.lines[-1].role != "user" else ""
    if told and clean(event.reason).startswith(told):
        event = replace(event, reason="")  # the line above says it, and the hint what to do
    view = note(close_lines(view), f"turn:{env.seq}", turn_title(event), clean(turn_text(event)))
    plan = view.plan
    if plan is not None:
        left = "skipped" if event.result == "done" else "cancelled"
        chunks = tuple(replace(c, state=left) if c.state in ("pending", "running") else c for c in plan.chunks)
        plan = replace(plan, chunks=chunks, state="rejected" if plan.state == "proposed" else plan.state)
    last = LastTurn(
        result=event.result, figures=event.figures, reason=event.reason, can_retry=event.can_retry, beyond=event.beyond
    )
    return replace(
        view,
        busy=False,
        paused="",
        plan=plan,
        cost=None,
        pending=(),
        running=None,
        growing=(),
        streams={},
        progress=Progress(),
        meter=Meter(),
        last=last,
    )


def _turn_paused(view: View, event: ev.TurnPaused, env: ev.Envelope) -> View:
    view = tell(view, "warning", event.text, env.at)
    return replace(note(view, f"paused:{env.seq}", "! Paused", clean(event.text)), paused=event.text)


def _turn_resumed(view: View, event: ev.TurnResumed, env: ev.Envelope) -> View:
    return replace(view, paused="")


def _turn_undone(view: View, event: ev.TurnUndone, env: ev.Envelope) -> View:
    touched = {*event.restored, *event.removed}
    view = note(view, f"undone:{env.seq}", f"↶ Undone: turn {event.turn}", undone_text(event))
    return replace(view, changed=tuple(path for path in view.changed if path not in touched))


def _gauges_read(view: View, event: ev.GaugesRead, env: ev.Envelope) -> View:
    return view if view.gauges == event.gauges else replace(view, gauges=event.gauges)


_FOLDS: dict[type, Callable[[View, Any, ev.Envelope], View]] = {
    ev.SessionsRemoved: _sessions_removed,
    ev.ModeChanged: _mode_changed,
    ev.ModelChanged: _model_changed,
    ev.Noticed: _noticed,
    ev.TurnStarted: _turn_started,
    ev.PromptQueued: _prompt_queued,
    ev.RouteChosen: _route_chosen,
    ev.PlanProposed: _plan_proposed,
    ev.PlanDecided: _plan_decided,
    ev.MessageAdded: _message_added,
    ev.TurnEnded: _turn_ended,
    ev.TurnPaused: _turn_paused,
    ev.TurnResumed: _turn_resumed,
    ev.TurnUndone: _turn_undone,
    ev.GaugesRead: _gauges_read,
    **fold_chunks.FOLDS,
    **fold_cost.FOLDS,
    **fold_actions.FOLDS,
    **fold_models.FOLDS,
}
