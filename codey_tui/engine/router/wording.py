"""Tool calls that are recognised by their sense and not by their form: each tool's table of phrasings puts a request into the
words of the exact rules, with its own file names, quotes and numbers, and those rules read it."""

import re
from collections.abc import Callable, Mapping

from codey_tui.engine.router import spelling, tool_rules
from codey_tui.engine.router.tool_calls import ToolCall
from codey_tui.engine.router.wording_files import file_wording
from codey_tui.engine.router.wording_git import git_wording
from codey_tui.engine.router.wording_other import search_wording, shell_wording, sqlite_wording
from codey_tui.engine.router.wording_parts import Parts, Wording

_TAIL = re.compile(
    r"(?:[\s,]+(?:for me|now|right now|again|asap|quickly|real quick|if you can|once more|today|here|already|then))+[\s.!]*$",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:quickly|just|simply|go and|try to|please|in the terminal|you can)\s+", re.IGNORECASE)

_WORDINGS: Mapping[str, Callable[[Parts], Wording]] = {
    "git": git_wording,
    "file": file_wording,
    "shell": shell_wording,
    "search": search_wording,
    "sqlite": sqlite_wording,
}


def worded_call(tool: str, parts: Parts) -> ToolCall | None:
    """The call of `tool` that a request asks for in words of its own, or None where its arguments are not in it."""
    wording = _WORDINGS[tool](parts)
    if isinstance(wording, str):
        call = tool_rules.tool_call(wording, parts.workspace) if wording else None
        return call._replace(rule="wording") if call else None
    return wording


def respelled(text: str) -> str:
    """`text` without what is said around an order, and with the words of orders spelled as the rules know them."""
    text = _LEAD.sub("", text.strip())
    text = _TAIL.sub("", text) or text
    return spelling.corrected(text)
