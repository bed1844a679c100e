"""The folds of chunk events: streams of text, growing files, loading and prompt evaluation."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.protocol.plan import Chunk
from codey_tui.tui.cleaning import clean
from codey_tui.tui.fold_parts import find_line, note, put_line, turn_lines
from codey_tui.tui.state import HISTORY, ChunkView, GrowingFile, Line, Meter, Progress, View
from codey_tui.tui.telling import (
    code,
    counted,
    duration,
    opened_code,
    rate,
    size,
    verification_text,
)

_MARKS = {"done": "✓", "failed": "✗", "cancelled": "■", "skipped": "○", "pending": "○", "running": "●"}
_SAMPLE_SECONDS = 0.2
_SMOOTHING = 4


def chunk_key(turn: int, chunk_id: str) -> str:
    """The key of a chunk's line; chunk ids are unique only within a turn."""
    return f"chunk:{turn}:{chunk_id}"


def find_chunk(view: View, chunk_id: str) -> ChunkView | None:
    """A chunk of the present plan by its id."""
    plan = view.plan
    return next((held for held in plan.chunks if held.chunk.id == chunk_id), None) if plan else None


def put_chunk(view: View, held: ChunkView) -> View:
    """The view with one chunk of its plan replaced."""
    if view.plan is None:
        return view
    chunks = tuple(held if other.chunk.id == held.chunk.id else other for other in view.plan.chunks)
    return replace(view, plan=replace(view.plan, chunks=chunks))


def _chunk_started(view: View, event: ev.ChunkStarted, env: ev.Envelope) -> View:
    held = find_chunk(view, event.chunk_id)
    if held is not None:
        view = put_chunk(view, replace(held, state="running", attempt=event.attempt, tokens=0))
    command = event.max_tokens == 0
    if not command:
        title = f"● {event.path or event.title}" + (f" · repair {event.attempt}" if event.attempt > 1 else "")
        text = opened_code("", event.language)
        line = Line(key=chunk_key(env.turn, event.chunk_id), role="file", title=title, text=text, open=True)
        view = put_line(view, line)
    progress = Progress(
        phase="running" if command else "waiting",
        label=event.path or event.title,
        total=event.max_tokens,
        chunk=event.index,
        chunks=event.total,
    )
    streams = {key: text for key, text in view.streams.items() if key != event.chunk_id}
    return replace(view, progress=progress, streams=streams, meter=Meter())


def _chunk_ended(view: View, event: ev.ChunkEnded, env: ev.Envelope) -> View:
    figures = event.figures
    held = find_chunk(view, event.chunk_id)
    if held is not None:
        tokens = figures.tokens_out or held.tokens
        view = put_chunk(
            view, replace(held, state=event.state, tokens=tokens, seconds=figures.seconds, reason=event.reason)
        )
    key = chunk_key(env.turn, event.chunk_id)
    index = find_line(view, key)
    if index >= 0:
        chunk = held.chunk if held else Chunk(id=event.chunk_id, kind="source_file", title="")
        name = chunk.path or chunk.title or view.lines[index].title.lstrip("● ")
        parts = [f"{_MARKS[event.state]} {name}"]
        if figures.tokens_out:
            parts.append(counted(figures.tokens_out, "token"))
        if figures.seconds:
            parts.append(duration(figures.seconds))
        text = code(clean(event.content), chunk.language) if event.content else ""
        if event.reason:
            text = f"{text}\n\n{clean(event.reason)}".strip()
        role = "file" if event.content else "system"  # a reason alone is a sentence, not the text of a file
        view = put_line(view, Line(key=key, role=role, title=" · ".join(parts), text=text))
    read = figures.tokens_new + figures.tokens_cached
    used = read + figures.tokens_out if read else 0
    streams = {stream: text for stream, text in view.streams.items() if stream != event.chunk_id}
    growing = view.growing if held is None else tuple(g for g in view.growing if g.path != held.chunk.path)
    rates = (*view.rates, rate(figures))[-HISTORY:] if rate(figures) else view.rates
    phase = replace(view.progress, phase="waiting", done=0.0, total=0.0, rate=0.0, seconds_left=None)
    return replace(
        view,
        streams=streams,
        growing=growing,
        progress=phase,
        context=used or view.context,
        cached=figures.tokens_cached if used else view.cached,
        meter=Meter(),
        rates=rates,
    )


def _amend(view: View, path: str, suffix: str) -> View:
    """The last line of the chunk that wrote `path`, its title told more: what became of the file stands before figures."""
    for line in turn_lines(view):
        parts = line.title[2:].split(" · ")
        if line.key.startswith("chunk:") and parts[0] == path:
            figures = next((at for at, part in enumerate(parts) if part.endswith((" token", " tokens"))), len(parts))
            parts.insert(figures, suffix)
            return put_line(view, replace(line, title=line.title[:2] + " · ".join(parts)))
    return view


def _file_written(view: View, event: ev.FileWritten, env: ev.Envelope) -> View:
    view = _amend(view, event.path, f"{'new file' if event.created else 'changed'}, {size(event.size)}")
    changed = (*(path for path in view.changed if path != event.path), event.path)
    return replace(view, changed=changed, growing=tuple(g for g in view.growing if g.path != event.path))


def _verification_ended(view: View, event: ev.VerificationEnded, env: ev.Envelope) -> View:
    if event.ok:
        return _amend(view, event.path, f"{event.check} ok" if event.check else "checked")
    return note(view, f"check:{env.seq}", f"✗ {event.path} · {event.check} failed", verification_text(event))


def _load_progressed(view: View, event: ev.ModelLoadProgressed, env: ev.Envelope) -> View:
    progress = replace(view.progress, phase="loading", label=event.model, done=event.fraction, total=1.0)
    return replace(view, progress=progress)


def _prompt_evaluated(view: View, event: ev.PromptEvaluated, env: ev.Envelope) -> View:
    before = view.meter
    speed, left = 0.0, event.seconds or None
    if before.stream == event.stream and env.at > before.at and event.done > before.tokens:
        speed = (event.done - before.tokens) / (env.at - before.at)
        left = (event.total - event.done) / speed
    meter = before if before.stream == event.stream else Meter(stream=event.stream, at=env.at, tokens=event.done)
    progress = replace(
        view.progress,
        phase="reading",
        done=event.done,
        total=event.total,
        cached=event.cached,
        rate=speed,
        seconds_left=left,
    )
    return replace(view, progress=progress, meter=meter, context=event.total + event.cached, cached=event.cached)


def _tokens_generated(view: View, event: ev.TokensGenerated, env: ev.Envelope) -> View:
    held = find_chunk(view, event.stream)
    key = chunk_key(env.turn, event.stream)
    if held is None and find_line(view, key) < 0:
        key = event.stream
    index = find_line(view, key)
    if index >= 0 and not view.lines[index].open:
        return view
    before = view.streams.get(event.stream, "")
    text = before[: event.offset].ljust(event.offset) + event.text
    if key == event.stream:
        line = Line(key=key, role="assistant", text=clean(text), open=True)
    else:
        language = held.chunk.language if held else ""
        title = view.lines[index].title if index >= 0 else f"● {event.stream}"
        line = Line(key=key, role="file", title=title, text=opened_code(clean(text), language), open=True)
    if held is not None:
        view = put_chunk(view, replace(held, tokens=event.tokens))
    view = replace(put_line(view, line), streams={**view.streams, event.stream: text})
    return _measured(view, event, env.at)


def _measured(view: View, event: ev.TokensGenerated, at: float) -> View:
    """The rate of a stream from two readings that lie far enough apart, and what is left to the ceiling."""
    meter, rates = view.meter, view.rates
    fresh = meter.stream != f"out:{event.stream}" or event.tokens < meter.tokens
    grown = 0 if fresh else event.tokens - meter.tokens
    total = 0.0 if view.progress.phase == "reading" and not view.progress.chunk else view.progress.total
    held = find_chunk(view, event.stream)
    label = view.progress.label
    if held is not None:  # the loading of the model had its own label meanwhile
        total, label = float(held.chunk.max_tokens), held.chunk.path or held.chunk.title
    if fresh:
        meter = Meter(stream=f"out:{event.stream}", at=at, tokens=event.tokens)
    elif at - meter.at >= _SAMPLE_SECONDS:
        rates = (*rates, grown / (at - meter.at))[-HISTORY:]
        meter = Meter(stream=meter.stream, at=at, tokens=event.tokens)
    recent = rates[-_SMOOTHING:]
    speed = sum(recent) / len(recent) if recent else 0.0
    left = (total - event.tokens) / speed if speed > 0 and total >= event.tokens else None
    progress = replace(
        view.progress, phase="writing", label=label, done=event.tokens, total=total, rate=speed, seconds_left=left
    )
    context = view.context + max(0, event.tokens - int(view.progress.done if view.progress.phase == "writing" else 0))
    return replace(view, progress=progress, meter=meter, rates=rates, context=context)


def _file_grew(view: View, event: ev.FileGrew, env: ev.Envelope) -> View:
    grown = GrowingFile(path=event.path, size=event.size, lines=event.lines)
    others = tuple(other for other in view.growing if other.path != event.path)
    return replace(view, growing=(*others, grown))


FOLDS: dict[type, Callable[[View, Any, ev.Envelope], View]] = {
    ev.ChunkStarted: _chunk_started,
    ev.ChunkEnded: _chunk_ended,
    ev.FileWritten: _file_written,
    ev.VerificationEnded: _verification_ended,
    ev.ModelLoadProgressed: _load_progressed,
    ev.PromptEvaluated: _prompt_evaluated,
    ev.TokensGenerated: _tokens_generated,
    ev.FileGrew: _file_grew,
}
