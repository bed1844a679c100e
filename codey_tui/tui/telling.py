"""The sentences and Markdown that events become in the transcript; pure text, free of Textual."""

import re

from codey_tui.protocol.actions import ActionResult, Preview
from codey_tui.protocol.events import TurnEnded, TurnUndone, VerificationEnded
from codey_tui.protocol.models import Figures, ModelInfo, Route
from codey_tui.protocol.plan import Chunk
from codey_tui.tui.cleaning import clean

_TICKS = re.compile(r"`{3,}")


def fence_for(text: str) -> str:
    """A fence longer than every run of backticks in the text."""
    longest = max((len(found) for found in _TICKS.findall(text)), default=2)
    return "`" * max(3, longest + 1)


def opened_code(text: str, language: str) -> str:
    """Code that still grows: a fence without its end, so that longer text only appends. README text keeps a longer fence."""
    return f"{'````' if language in ('markdown', 'md') else '```'}{language}\n{text}"


def code(text: str, language: str) -> str:
    """A whole code block."""
    fence = "````" if language in ("markdown", "md") else "```"
    if fence in text:
        fence = fence_for(text)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def size(count: int) -> str:
    """Bytes as a person reads them (1 KB = 1000 bytes below a megabyte; memory uses `memory`)."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} KB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def memory(count: int) -> str:
    """Bytes of memory in binary units."""
    mib = count / 2**20
    return f"{mib:.0f} MB" if mib < 1000 else f"{mib / 1024:.1f} GB"


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def rate(figures: Figures) -> float:
    """Tokens per second of generation, 0 where nothing was generated."""
    return figures.tokens_out / figures.generation_seconds if figures.generation_seconds > 0 else 0.0


def counted(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def chunk_name(chunk: Chunk) -> str:
    """The shortest name of a chunk: its path, its command line, or its title."""
    return chunk.path or chunk.command or chunk.title


def says_more(title: str, name: str) -> bool:
    """Whether a title tells more than the name of a chunk; "Write app.py" beside app.py does not."""
    return bool(title) and name not in title and name.rpartition(" ")[2] not in title


def plan_text(chunks: tuple[Chunk, ...]) -> str:
    """The chunks as a numbered list."""
    rows: list[str] = []
    for number, chunk in enumerate(chunks, 1):
        name = chunk_name(chunk)
        aside = f" — {chunk.title}" if says_more(chunk.title, name) else ""
        rows.append(f"{number}. `{name}`{aside}")
    return "\n".join(rows)


def route_text(route: Route) -> str:
    """How the router understood a request."""
    tool = f" with the tool {route.tool}" if route.tool else ""
    return (
        f"Understood as {route.kind}{tool}, {route.confidence:.0%} sure, by {route.decided_by.replace(':', ' ')} "
        f"in {route.milliseconds:.1f} ms."
    )


def figures_text(figures: Figures) -> str:
    """The figures of a turn in a sentence; what is zero is left out."""
    parts: list[str] = []
    if figures.tokens_new or figures.tokens_cached:
        cached = f" (+{figures.tokens_cached:,} cached)" if figures.tokens_cached else ""
        parts.append(f"{counted(figures.tokens_new, 'token')} in{cached}")
    if figures.tokens_out:
        parts.append(f"{figures.tokens_out:,} out")
    if figures.peak_rss:
        parts.append(f"peak {memory(figures.peak_rss)}")
    if figures.files:
        parts.append(counted(len(figures.files), "file"))
    if figures.slowed:
        parts.append(clean(figures.slowed))
    return " · ".join(parts)


def cost_text(new: int, cached: int, seconds: float) -> str:
    """What reading a prompt costs."""
    known = f" ({cached:,} more are known already)" if cached else ""
    return f"{counted(new, 'new token')} to read{known}: about {duration(seconds)} on this machine."


def turn_title(event: TurnEnded) -> str:
    """The heading under a finished turn."""
    mark = {"done": "✓ Done", "failed": "✗ Failed", "cancelled": "■ Cancelled", "rejected": "■ Rejected"}[event.result]
    parts = [mark, "not to be trusted"] if event.untrusted else [mark]
    if event.figures.seconds >= 0.05:
        parts.append(duration(event.figures.seconds))
    if rate(event.figures) > 0:
        parts.append(f"{rate(event.figures):.1f} tok/s")
    return " · ".join(parts)


def turn_text(event: TurnEnded) -> str:
    """Why a turn did not end well, what can be done, and its figures."""
    hint = "`/retry` goes on from the first chunk that is not done." if event.can_retry else ""
    return "\n\n".join(part for part in (event.untrusted, event.reason, hint, figures_text(event.figures)) if part)


def undone_text(event: TurnUndone) -> str:
    """What came back and what went away."""
    rows = [f"- restored `{path}`" for path in event.restored] + [f"- removed `{path}`" for path in event.removed]
    return "\n".join(rows) or "No file had changed."


def verification_text(event: VerificationEnded) -> str:
    """The error that the verifier found."""
    return code(clean(event.detail), "") if event.detail else ""


def action_title(result: ActionResult, title: str) -> str:
    """The heading of an action that ended."""
    where = f" · {result.sandbox}" if result.sandbox and result.sandbox != "none" else ""
    ending = f"exit {result.exit_code}" if result.exit_code is not None else ("done" if result.ok else "failed")
    took = f" · {duration(result.seconds)}" if result.seconds else ""
    return f"{'✓' if result.ok else '✗'} {title} · {ending}{took}{where}"


def action_text(result: ActionResult) -> str:
    """The output of an action that ended, or its summary where it printed nothing."""
    output = clean(result.output)
    if not output.strip():
        return clean(result.summary)
    note = "\n\nThe output was cut short." if result.truncated else ""
    failed = f"\n\n{clean(result.summary)}" if not result.ok and result.summary else ""
    return code(output, "") + note + failed


def preview_text(preview: Preview) -> str:
    """A preview as Markdown."""
    if preview.kind == "text":
        return clean(preview.body)
    return code(clean(preview.body), "diff" if preview.kind == "diff" else "console")


def model_text(model: ModelInfo) -> str:
    """A model's state, and what is wrong with it."""
    return model.state + (f": {model.problem}" if model.problem else "")
