"""What the transcript shows: one Entry a message, a tool's output or a file being written."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["user", "assistant", "system", "tool", "file"]

TITLES: dict[Role, str] = {"user": "You", "assistant": "Codey", "system": "Note", "tool": "Tool", "file": "File"}
COLOURS: dict[Role, str] = {
    "user": "$text-secondary",
    "assistant": "$text-primary",
    "system": "$text-warning",
    "tool": "$text-accent",
    "file": "$text-success",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the transcript.

    `text` is Markdown for the roles user, assistant and system, and also for tool and file when it opens with a code
    fence. Otherwise the text of a tool is shown as it is, line by line, and that of a file is highlighted by the ending
    of `title`, its path. `open` says that more text is expected.
    """

    key: str
    role: Role
    text: str
    title: str = ""
    open: bool = False
