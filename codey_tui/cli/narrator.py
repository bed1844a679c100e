"""A turn in lines for people: what happened on standard output, what is going on now on standard error."""

import shutil
import sys

from codey_tui.cli.terminal import plain
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Figures
from codey_tui.protocol.plan import Plan

MIB = 2**20


class Narrator:
    """Tells events in order. Progress is one line that is written over, and only where standard error is a terminal."""

    def __init__(self) -> None:
        self._progressing = False
        self._live = sys.stderr.isatty()
        self._chunk = ""
        self._max_tokens = 0

    def tell(self, event: ev.Event) -> None:
        """Say what happened, if it is worth a line."""
        progress = self._progress(event)
        if progress:
            self._show(progress)
            return
        lines = self._lines(event)
        if not lines:
            return
        self.close()
        if isinstance(event, ev.Noticed):
            print(lines, file=sys.stderr, flush=True)
        else:
            print(lines, flush=True)

    def close(self) -> None:
        """Wipe the line of progress away."""
        if self._progressing:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._progressing = False

    def _show(self, text: str) -> None:
        if not self._live:
            return
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{text[:width]}")
        sys.stderr.flush()
        self._progressing = True

    def _progress(self, event: ev.Event) -> str:
        match event:
            case ev.ModelLoadProgressed(model=model, fraction=fraction):
                return f"Loading {plain(model)}: {fraction:.0%}"
            case ev.PromptEvaluated(done=done, total=total, cached=cached, seconds=seconds):
                known = f" ({cached} cached)" if cached else ""
                left = f", about {seconds:.0f} s" if seconds >= 1 else ""
                return f"{self._chunk}reading the prompt: {done} of {total} tokens{known}{left}"
            case ev.TokensGenerated(tokens=tokens):
                ceiling = f" of at most {self._max_tokens}" if self._max_tokens else ""
                return f"{self._chunk}{tokens}{ceiling} tokens"
            case ev.ActionStarted(title=title):
                return f"Running {plain(title)}"
            case _:
                return ""

    def _lines(self, event: ev.Event) -> str:
        match event:
            case ev.RouteChosen(route=route):
                return f"Route: {route.kind} ({plain(route.decided_by)}, {route.confidence:.0%})"
            case ev.PlanProposed(plan=plan):
                return _plan(plan)
            case ev.PlanDecided(verdict=verdict, decided_by=who, reason=reason):
                return f"Plan {_decided(verdict, who, reason)}"
            case ev.ChunkStarted(index=index, total=total, title=title, max_tokens=max_tokens, attempt=attempt):
                again = f", attempt {attempt}" if attempt > 1 else ""
                self._chunk = f"[{index}/{total}] {plain(title)}{again}: "
                self._max_tokens = max_tokens
                return ""
            case ev.ChunkEnded(state=state, figures=figures):
                return f"{self._chunk}{state}{_speed(figures)}"  # why is told once, when the turn ends
            case ev.PromptQueued(waiting=waiting):
                return f"Another turn runs; this prompt is number {waiting} in the queue."
            case ev.MessageAdded(message=message) if message.role != "user":
                return plain(message.text)
            case ev.Noticed(level=level, text=text):
                return f"{'Note' if level == 'info' else level.capitalize()}: {plain(text)}"
            case ev.TurnEnded(result=result, figures=figures, untrusted=untrusted):
                warning = f"\nNot to be trusted: {plain(untrusted)}" if untrusted else ""
                return f"Turn {result}{_totals(figures)}{warning}"
            case _:
                return _file_or_action(event)


def _file_or_action(event: ev.Event) -> str:
    match event:
        case ev.PromptForecast():
            return _forecast(event)
        case ev.TurnPaused(text=text) | ev.TurnResumed(text=text):
            return plain(text)
        case ev.FileWritten(path=path, size=size, created=created):
            return f"{'Wrote' if created else 'Changed'} {plain(path)} ({size} bytes)"
        case ev.VerificationEnded(path=path, ok=ok, check=check, detail=detail):
            return f"Check of {plain(path)} ({check}): {'ok' if ok else 'failed' + _indented(detail)}"
        case ev.ActionProposed(action=action, risk=risk, preview=preview, sandbox=sandbox):
            title = plain(preview.title) or action.tool
            body = "" if preview.body.strip() == preview.title.strip() else _indented(preview.body)
            where = f" in {sandbox}" if sandbox not in ("", "none") else ""
            network = ", network open" if risk.network else ""
            return f"Wants to: {title}{where} ({risk.level}{network}: {plain(risk.reason)}){body}"
        case ev.ActionSettled(verdict=verdict, decided_by=who, reason=reason):
            said = _decided(verdict, who, reason)
            return said[:1].upper() + said[1:]
        case ev.ActionEnded(result=result):
            return f"{plain(result.summary)}{_indented(result.output)}"
        case _:
            return ""


def _decided(verdict: str, who: str, reason: str) -> str:
    """An answer; that a person gave it goes without saying, for here it may have been a flag that spoke for one."""
    by = "" if who == "person" else f" by {who}"
    why = f": {plain(reason)}" if reason else ""
    return f"{'allowed' if verdict == 'allow' else 'rejected'}{by}{why}"


def _forecast(event: ev.PromptForecast) -> str:
    """What reading a long prompt costs, and what takes how much of it."""
    known = f" and {event.cached} that are known already" if event.cached else ""
    parts = "".join(f"\n  {plain(part.title)}: about {part.tokens} tokens" for part in event.parts)
    return f"The prompt has {event.new} new tokens{known}: about {event.seconds:.0f} s to read on this machine.{parts}"


def _plan(plan: Plan) -> str:
    lines = ["Plan:"]
    for number, chunk in enumerate(plan.chunks, 1):
        what = chunk.command or chunk.path
        ceiling = f" (at most {chunk.max_tokens} tokens)" if chunk.max_tokens else ""
        lines.append(f"  {number}. {plain(chunk.title)}{': ' + plain(what) if what else ''}{ceiling}")
    return "\n".join(lines)


def _indented(text: str) -> str:
    body = plain(text).rstrip("\n")
    return "\n" + "\n".join(f"    {line}" for line in body.split("\n")) if body else ""


def _speed(figures: Figures) -> str:
    if not figures.tokens_out:
        return ""
    speed = figures.tokens_out / figures.generation_seconds if figures.generation_seconds > 0 else 0.0
    return f", {figures.tokens_out} tokens in {figures.seconds:.1f} s ({speed:.1f} tok/s)"


def _totals(figures: Figures) -> str:
    files = f": {plain(', '.join(figures.files))}" if figures.files else ""
    slowed = f". {plain(figures.slowed)}" if figures.slowed else ""
    if not figures.tokens_out:
        return f"{files} ({figures.seconds:.1f} s){slowed}"
    read = f"{figures.tokens_new + figures.tokens_cached} tokens read ({figures.tokens_cached} cached)"
    return f"{files} ({read}{_speed(figures)}, peak memory {figures.peak_rss / MIB:.0f} MiB){slowed}"
