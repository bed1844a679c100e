"""What the journal of a session says about the past: where to go on, what a crash cut off, what can be run again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codey_tui.engine.masking import restored
from codey_tui.engine.turn import Resumption
from codey_tui.engine.writer import recover as recover_files
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures
from codey_tui.protocol.plan import Plan

CUT_OFF = "The engine ended while this turn ran. Whole chunks are kept; /retry goes on from the last of them."


@dataclass(frozen=True)
class Retriable:
    """A turn that can be run again, with what of it is already done."""

    request: str
    files: tuple[str, ...]
    resumption: Resumption | None


def last_turn_number(history: Sequence[ev.Envelope]) -> int:
    """The number of the latest turn, 0 when there was none."""
    return max((envelope.turn for envelope in history), default=0)


def recover(history: Sequence[ev.Envelope], state_dir: Path, workspace: Path) -> list[tuple[int, ev.Event]]:
    """End a turn that has no end, and name the half-written files that were removed."""
    events: list[tuple[int, ev.Event]] = []
    removed = recover_files(state_dir, workspace)
    turn = last_turn_number(history)
    cut = [envelope.event for envelope in history if envelope.turn == turn] if turn else []
    if any(isinstance(event, ev.TurnStarted) for event in cut) and not any(isinstance(e, ev.TurnEnded) for e in cut):
        events += [(turn, event) for event in _endings(cut)]
    if removed:
        names = ", ".join(removed)
        text = f"Writing was cut off: the half-written {names} was removed. Its turn can be run again with /retry."
        events.append((turn, ev.Noticed(level="warning", text=text)))
    return events


def resumable(history: Sequence[ev.Envelope]) -> Retriable | None:
    """The last turn, if it failed or was cancelled; with its plan, if one had been allowed."""
    turn = last_turn_number(history)
    events = [envelope.event for envelope in history if envelope.turn == turn]
    started = next((event for event in events if isinstance(event, ev.TurnStarted)), None)
    ended = next((event for event in reversed(events) if isinstance(event, ev.TurnEnded)), None)
    if started is None or ended is None or not ended.can_retry:
        return None
    return Retriable(started.message.text, started.files, _resumption(events))


def _resumption(events: Sequence[ev.Event]) -> Resumption | None:
    proposed = next((event.plan for event in events if isinstance(event, ev.PlanProposed)), None)
    decided = next((event for event in events if isinstance(event, ev.PlanDecided)), None)
    if proposed is None or decided is None or decided.verdict != "allow":
        return None
    by_id = {chunk.id: chunk for chunk in proposed.chunks}
    done = {event.chunk_id for event in events if isinstance(event, ev.ChunkEnded) and event.state == "done"}
    if any(isinstance(event, ev.TurnUndone) for event in events):
        done.clear()  # what they wrote is not there any more
    rest = tuple(by_id[i] for i in decided.chunks if i in by_id and i not in done)
    return Resumption(restored(Plan(id=uuid.uuid4().hex, request=proposed.request, chunks=rest)))


def _endings(events: Sequence[ev.Event]) -> list[ev.Event]:
    """What closes the questions, chunks and actions of a turn that was cut off, and the turn itself."""
    endings: list[ev.Event] = []
    settled = {event.action_id for event in events if isinstance(event, ev.ActionSettled)}
    finished = {event.action_id for event in events if isinstance(event, ev.ActionEnded)}
    ended = {event.chunk_id for event in events if isinstance(event, ev.ChunkEnded)}
    decided = {event.plan_id for event in events if isinstance(event, ev.PlanDecided)}
    answered = {event.question_id for event in events if isinstance(event, ev.PromptDecided)}
    for event in events:
        match event:
            case ev.PlanProposed(plan=plan) if plan.id not in decided:
                endings.append(
                    ev.PlanDecided(plan_id=plan.id, verdict="reject", chunks=(), decided_by="engine", reason=CUT_OFF)
                )
            case ev.PromptForecast(question_id=question, asked=True) if question not in answered:
                endings.append(ev.PromptDecided(question_id=question, verdict="reject", decided_by="engine"))
            case ev.ActionProposed(action=action) if action.id not in settled:
                endings.append(
                    ev.ActionSettled(
                        action_id=action.id, verdict="reject", scope="once", decided_by="engine", reason=CUT_OFF
                    )
                )
            case ev.ActionStarted(action=action) if action.id not in finished:
                result = ev.ActionResult(ok=False, summary="The engine ended while this ran.")
                endings.append(ev.ActionEnded(action_id=action.id, result=result))
            case ev.ChunkStarted(chunk_id=chunk_id) if chunk_id not in ended:
                ended.add(chunk_id)
                endings.append(ev.ChunkEnded(chunk_id=chunk_id, state="failed", figures=Figures(), reason=CUT_OFF))
            case _:
                continue
    endings.append(ev.TurnEnded(result="failed", figures=Figures(), reason=CUT_OFF, can_retry=True))
    return endings
