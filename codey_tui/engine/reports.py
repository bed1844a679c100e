"""What the engine says in its own words: short Markdown about what was done, made from facts and never from a model."""

from dataclasses import dataclass

from codey_tui.protocol.actions import Action, ActionResult
from codey_tui.protocol.plan import Chunk, ChunkState, Plan

SHOWN_OUTPUT = 2000
"""Characters of a command's output that a summary repeats; the whole is in the action."""


@dataclass(frozen=True)
class ChunkReport:
    """How a chunk came out; `size` in bytes of the file."""

    chunk: Chunk
    state: ChunkState
    reason: str = ""
    size: int = 0
    result: ActionResult | None = None
    notes: tuple[str, ...] = ()


def of_action(action: Action, result: ActionResult) -> str:
    """A tool that ran by itself."""
    lines = [result.summary]
    if result.output.strip():
        lines += ["", _fenced(result.output)]
    return "\n".join(lines)


def of_plan(plan: Plan, reports: list[ChunkReport]) -> str:
    """One line a chunk, then what commands printed."""
    del plan
    lines: list[str] = []
    for report in reports:
        lines.append(_line(report))
        lines += [f"  - {note}" for note in report.notes]
        if report.result is not None and report.result.output.strip():
            lines += ["", _fenced(report.result.output), ""]
    return "\n".join(lines).strip()


def _line(report: ChunkReport) -> str:
    chunk = report.chunk
    because = f": {report.reason}" if report.reason else ""
    if chunk.kind == "command":
        match report.state:
            case "done":
                return f"- Ran `{chunk.command}`"
            case "skipped":
                return f"- Did not run `{chunk.command}`{because}"
            case _:
                return f"- `{chunk.command}` failed{because}"
    match report.state:
        case "done":
            return f"- Wrote `{chunk.path}` ({report.size} bytes)"
        case "skipped":
            return f"- Left `{chunk.path}` as it is{because}"
        case _:
            return f"- `{chunk.path}` failed{because}"


def _fenced(output: str) -> str:
    text = output.strip("\n")
    if len(text) > SHOWN_OUTPUT:
        half = SHOWN_OUTPUT // 2
        cut = len(text) - SHOWN_OUTPUT
        text = f"{text[:half]}\n... {cut} characters left out ...\n{text[-half:]}"
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"
