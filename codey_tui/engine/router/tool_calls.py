"""What the rules for tool calls share: the call they make, and how they read tokens of a request."""

import re
from pathlib import Path
from typing import NamedTuple

from codey_tui.engine.router import spans

_ELSEWHERE = re.compile(r"(?:~|\.\.|/[\w.-]+)/\S+")


class ToolCall(NamedTuple):
    """What a rule found: the rule's name, the tool, and its arguments in the form of the tool's `Args`. `command` is the
    command line that does the same where the tool is missing."""

    rule: str
    tool: str
    args: dict[str, object]
    command: str = ""


def shell(rule: str, command: str) -> ToolCall:
    """A call of the shell tool."""
    return ToolCall(rule, "shell", {"command": command.strip()})


def file_call(rule: str, op: str, paths: list[str], **more: object) -> ToolCall:
    """A call of the file tool on one path (`path`) or several (`paths`)."""
    args: dict[str, object] = {"op": op}
    args |= {"path": paths[0]} if len(paths) == 1 else {"paths": paths}
    return ToolCall(rule, "file", args | more)


def bare(token: str) -> str:
    """A token without its quotation marks and a final full stop or comma."""
    token = token.strip()
    if len(token) > 1 and token[0] == token[-1] and token[0] in "'\"`":
        return token[1:-1].strip()
    return token.rstrip(",;").removeprefix("@")


def exists(word: str, workspace: Path) -> bool:
    """Whether `word` is the relative path of something in the workspace."""
    try:
        return bool(word) and not word.startswith(("/", "~")) and (workspace / word).exists()
    except (OSError, ValueError):
        return False


def is_path(word: str, workspace: Path) -> bool:
    """Whether `word` names a file or folder: by its form, or because it exists. One outside of the workspace counts, so that
    it is refused for what it is."""
    return (
        bool(_ELSEWHERE.fullmatch(word))
        or spans.looks_like_file(word)
        or word.lower() in spans.BARE_FILE_NAMES
        or exists(word, workspace)
    )
