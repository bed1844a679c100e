"""The one-line texts of the screen: gauges, progress, heading; pure functions of the view and a width."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from codey_tui.protocol.models import ModelInfo
from codey_tui.tui.cleaning import clean
from codey_tui.tui.state import Progress, View
from codey_tui.tui.telling import duration, memory

Segment = tuple[str, str]
"""Text and the name of its role: plain, dim, strong, good, warn, bad, bar or rest."""
Segments = tuple[Segment, ...]

_SPARKS = "▁▂▃▄▅▆▇█"
_BAR, _REST = "━", "─"
_WARN_SHARE, _BAD_SHARE = 0.75, 0.9
_WARM, _HOT = 75.0, 88.0


def width_of(segments: Iterable[Segment]) -> int:
    """Cells of segments; names may hold wide characters."""
    return sum(cell_len(text) for text, _ in segments)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values as block characters, scaled from 0 to the highest of them."""
    shown = list(values)[-width:] if width > 0 else []
    top = max(shown, default=0.0)
    if top <= 0:
        return ""
    return "".join(_SPARKS[min(len(_SPARKS) - 1, int(value / top * (len(_SPARKS) - 1) + 0.5))] for value in shown)


def bar(share: float, width: int) -> Segments:
    """A determinate bar of `width` cells, `share` in 0..1."""
    full = round(max(0.0, min(1.0, share)) * width)
    return ((_BAR * full, "bar"), (_REST * (width - full), "rest"))


def level(share: float) -> str:
    """The role of a share of something that runs out."""
    return "bad" if share >= _BAD_SHARE else "warn" if share >= _WARN_SHARE else "plain"


def _joined(parts: Sequence[Segments], gap: str) -> Segments:
    out: list[Segment] = []
    for part in parts:
        if not part:
            continue
        if out:
            out.append((gap, "dim"))
        out.extend(part)
    return tuple(out)


def _model(model: ModelInfo | None, short: bool) -> Segments:
    if model is None:
        return (("no model", "warn"),)
    role = {"ready": "good", "busy": "good", "failed": "bad", "absent": "bad", "loading": "warn"}.get(
        model.state, "dim"
    )
    if short:
        return ((model.id, role),)
    return ((f"{model.title or model.id} ", "plain"), (model.state, role))


def _context(view: View, form: int, *, cached: bool = False) -> Segments:
    limit = view.model.n_ctx if view.model else 0
    if limit <= 0:
        return (("context n/a" if form == 0 else "ctx n/a", "dim"),)
    share = min(1.0, view.context / limit)
    role = level(share)
    if form == 0:
        known: Segments = ((f"({view.cached:,} cached) ", "dim"),) if cached and view.cached else ()
        return (("context ", "dim"), (f"{view.context:,}/{limit:,} ", role), *known, *bar(share, 8))
    return (("ctx ", "dim"), (f"{share:.0%}", role))


def _ram(view: View, own_rss: int, budget: int, form: int) -> Segments:
    gauges = view.gauges
    # this screen is among what the engine counts beside itself, where it counts anything
    used = gauges.engine_rss + gauges.models_rss + max(own_rss, gauges.beside_rss) if gauges else own_rss
    limit = gauges.budget if gauges and gauges.budget else budget
    role = level(used / limit) if limit else "plain"
    if form >= 2:
        short = memory(used).replace(" MB", "M").replace(" GB", "G")
        of = "/" + memory(limit).replace(" MB", "M").replace(" GB", "G") if limit else ""
        return ((short + of, role),)
    of = (f" of {memory(limit)}" if form == 0 else f"/{memory(limit)}") if limit else ""
    return (("RAM ", "dim"), (f"{memory(used)}{of}", role))


def _heat(view: View, form: int) -> Segments:
    gauges = view.gauges
    heat = gauges.temperature if gauges else None
    text = "n/a" if heat is None else f"{heat:.0f} °C"
    role = "dim" if heat is None else "bad" if heat >= _HOT else "warn" if heat >= _WARM else "plain"
    label: Segments = (("CPU ", "dim"),) if form < 2 else ()
    bound = gauges.threads if gauges else 0
    held: Segments = (
        ((f" ▼ {bound} thread{'s' if bound > 1 else ''}" if form < 2 else f" ▼{bound}", "warn"),) if bound else ()
    )
    return (*label, (text, role), *held, *_battery(view, form))


def _battery(view: View, form: int) -> Segments:
    """The charge; on a narrow screen only while it pauses the turn, and on a phone the pause alone says it."""
    charge = view.gauges.battery_percent if view.gauges else None
    if charge is None or form == 3 or (form > 0 and not view.paused):
        return ()
    return (("  battery " if form == 0 else "  bat ", "dim"), (f"{charge:.0f}%", "bad" if view.paused else "plain"))


def _speed(view: View, form: int) -> Segments:
    rate = view.progress.rate if view.progress.phase == "writing" else (view.rates[-1] if view.rates else 0.0)
    number = f"{rate:.1f}" if rate else "–"
    unit = " t/s" if form >= 2 else " tok/s"
    sparks = sparkline(view.rates, (16, 8, 5, 0)[form])
    bars: Segments = ((f" {sparks}", "bar"),) if sparks else ()
    return ((number, "strong" if view.progress.phase == "writing" else "plain"), (unit, "dim"), *bars)


def gauges(view: View, own_rss: int, budget: int, width: int) -> Segments:
    """The gauges in the longest form that fits `width` cells."""
    shown: Segments = ()
    for form, cached in ((0, True), (0, False), (1, False), (2, False), (3, False)):
        parts = (
            _model(view.model, form >= 2),
            _speed(view, form),
            _context(view, form, cached=cached),
            _ram(view, own_rss, budget, form),
            _heat(view, form),
        )
        shown = _joined(parts, "  ·  " if form == 0 else "  ")
        if width_of(shown) <= width:
            break
    return shown


def _doing(view: View) -> str:
    progress = view.progress
    if view.pending:
        return "An action waits for your answer"
    if view.cost is not None:
        return "A long prompt waits for your answer"
    if view.plan_waits:
        return "The plan waits for your answer"
    texts = {
        "routing": "Understanding the request",
        "waiting": f"Preparing {progress.label}".rstrip(),
        "loading": f"Loading {progress.label}",
        "reading": "Reading the prompt",
        "writing": f"Writing {progress.label}" if progress.label else "Answering",
        "running": f"Running {progress.label}",
        "checking": f"Checking {progress.label}",
    }
    return texts.get(progress.phase, "")


def _amount(progress: Progress, short: bool) -> str:
    if progress.phase == "loading":
        return f"{progress.done:.0%}"
    if progress.phase == "reading":
        cached = f" (+{progress.cached:,} cached)" if progress.cached and not short else ""
        return f"{progress.done:,.0f}/{progress.total:,.0f} tokens{cached}"
    if progress.phase == "writing":
        return (
            f"{progress.done:,.0f}/{progress.total:,.0f} tokens" if progress.total else f"{progress.done:,.0f} tokens"
        )
    return ""


def progress(view: View, width: int) -> Segments:
    """What goes on, how far it is and how long it may take, in the longest form that fits; empty when idle."""
    if not view.busy:
        return _idle(view)
    if view.paused:
        return (
            ("● ", "warn"),
            ("Paused: the battery is low", "strong"),
            ("  ·  ", "dim"),
            ("enter", "strong"),
            (" goes on", "dim"),
        )
    now = view.progress
    asking = bool(view.pending) or view.plan_waits or view.cost is not None
    shown: Segments = ()
    for form in (0, 1, 2, 3):
        parts: list[Segments] = [(("● ", "warn" if asking else "bar"), (_doing(view), "strong" if asking else "plain"))]
        if now.chunk and not asking:
            parts.append(((f"chunk {now.chunk} of {now.chunks}" if form < 2 else f"{now.chunk}/{now.chunks}", "dim"),))
        amount = "" if asking else _amount(now, form > 0)
        if amount:
            meter = bar(now.done / now.total, (16, 10, 0, 0)[form]) if now.total else ()
            text = amount if form < 2 else amount.removesuffix(" tokens")
            parts.append(((text, "plain"), *(((" ", "dim"), *meter) if meter and form < 2 else ())))
        if now.seconds_left is not None and not asking:
            word = "at most " if now.phase == "writing" and form == 0 else "≤ " if now.phase == "writing" else "about "
            parts.append(((f"{word}{duration(now.seconds_left)}", "dim"),))
        if view.queued:
            parts.append(((f"{len(view.queued)} queued", "warn"),))
        shown = _joined(parts, ("  ·  ", " · ", " · ", " ")[form])
        if width_of(shown) <= width:
            break
    return shown


def _idle(view: View) -> Segments:
    last = view.last
    if view.pulls:
        return _fetching(view)
    if last is None or last.result == "done":
        return ()
    words = {"failed": "The turn failed", "cancelled": "Cancelled", "rejected": "Rejected"}[last.result]
    hint: Segments = (("  ·  ctrl+r tries again", "dim"),) if last.can_retry else ()
    if view.wants_larger:
        hint = (("  ·  ", "dim"), ("enter", "strong"), (" shows larger models", "dim"))
    return (("■ ", "bad" if last.result == "failed" else "dim"), (words, "plain"), *hint)


def _fetching(view: View) -> Segments:
    """The download that is nearest to its end, and how many more there are."""
    pulls = sorted(view.pulls.values(), key=lambda pull: pull.done - pull.size)
    first = pulls[-1]
    share = f"{100 * first.done // first.size}%" if first.size else "…"
    left = f"  ·  {duration(first.seconds_left)} left" if first.seconds_left else ""
    more = f"  ·  {len(pulls) - 1} more" if len(pulls) > 1 else ""
    return (("↓ ", "bar"), (f"{clean(first.model)} {share}", "plain"), (f"{left}{more}  ·  /models", "dim"))


def heading(view: View, workspace: str, width: int) -> Segments:
    """The top line: program, workspace, session, approval mode."""
    title = view.session.title if view.session else ""
    mode = f"mode {view.mode}"
    left: Segments = (("codey", "bar"), ("  ", "dim"), (_cut(workspace, width - len(mode) - 9), "strong"))
    room = width - width_of(left) - len(mode) - 5
    if title and room >= 12:
        left = (*left, ("  ", "dim"), (_cut(title, room), "dim"))
    gap = max(1, width - width_of(left) - len(mode))
    return (*left, (" " * gap, "dim"), (mode, "warn" if view.mode == "auto" else "dim"))


def _cut(text: str, room: int) -> str:
    """Text in at most `room` cells."""
    return text if cell_len(text) <= room else set_cell_size(text, max(0, room - 1)).rstrip() + "…"
