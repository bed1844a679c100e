"""What the engine says in its own words: short Markdown about what was done, made from facts and never from a model."""

from dataclasses import dataclass

from codey_tui.protocol.actions import ActionResult
from codey_tui.protocol.plan import Chunk, ChunkState, Plan


@dataclass(frozen=True)
class ChunkReport:
    """How a chunk came out; `size` in bytes of the file."""

    chunk: Chunk
    state: ChunkState
    reason: str = ""
    size: int = 0
    result: ActionResult | None = None
    notes: tuple[str, ...] = ()


def of_plan(plan: Plan, reports: list[ChunkReport]) -> str:
    """One line a chunk. What commands printed stands in their actions, and the first failure ends the turn: both are
    told there, and not a second time here."""
    del plan
    lines: list[str] = []
    told = next((report for report in reports if report.state == "failed"), None)
    for report in reports:
        lines.append(_line(report, "" if report is told else report.reason))
        lines += [f"  - {note}" for note in report.notes]
    return "\n".join(lines)


def _line(report: ChunkReport, reason: str) -> str:
    chunk = report.chunk
    because = f": {reason}" if reason else ""
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


def of_loss(tokens: int) -> str:
    """Why a turn cannot be trusted; empty where the models read all that they were sent."""
    if not tokens:
        return ""
    return f"{tokens:,} tokens at the beginning of a prompt were lost, so what came of it is not to be trusted."
