"""A model's edits as the engine sees them: search/replace blocks applied to a file's text, and the diff that a person reads."""

import difflib

from codey_tui.engine.errors import EngineError
from codey_tui.tools import edits
from codey_tui.tools.edits import Block, Edited

__all__ = ["Block", "EditFailed", "Edited", "apply", "parse", "unified_diff"]


class EditFailed(EngineError):
    """An answer that cannot be applied; the sentence says which block and what stands nearest, fit for the model's next try."""


def apply(original: str, answer: str) -> Edited:
    """The text after all blocks of `answer`; see `tools.edits.apply`. Raises `EditFailed`; then nothing is applied."""
    try:
        return edits.apply(original, answer)
    except edits.EditRefused as refused:
        raise EditFailed(str(refused)) from refused


def parse(answer: str) -> tuple[list[Block], list[str]]:
    """The blocks of an answer and what was forgiven. Raises `EditFailed`."""
    try:
        return edits.parse(answer)
    except edits.EditRefused as refused:
        raise EditFailed(str(refused)) from refused


def unified_diff(path: str, before: str, after: str) -> str:
    """A unified diff with three lines of context; empty when nothing changed. A new file is shown against `/dev/null`."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        fromfile=f"a/{path}" if before else "/dev/null",
        tofile=f"b/{path}",
    )
    shown: list[str] = []
    for line in lines:
        shown.append(line)
        if not line.endswith("\n"):
            shown.append("\n\\ No newline at end of file\n")
    return "".join(shown)
