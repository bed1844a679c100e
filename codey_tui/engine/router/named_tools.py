"""Calls of a tool by its name, as a person's own tools are called: `use weather city=Paris`."""

import re
from collections.abc import Collection
from typing import Any

import msgspec

from codey_tui.engine.router import spans
from codey_tui.engine.router.tool_calls import ToolCall
from codey_tui.tools.names import OPERATIONS
from codey_tui.tools.registry import canonical

_LINE = re.compile(
    r"(?:use|call)\s+(?:the\s+)?(?:tool\s+)?(?P<name>[a-z_][a-z0-9_]*)(?:\s+tool)?(?:\s+(?:with|on|for))?(?:\s+(?P<rest>\S.*))?$",
    re.DOTALL | re.IGNORECASE,
)


def named_call(text: str, tools: Collection[str]) -> ToolCall | None:
    """`use NAME key=value ...` or `use NAME {"key": value}`, where a tool of that name exists; else None. Another name for a
    tool, or a near one, is taken where arguments show that a call is meant."""
    match = _LINE.match(text.strip())
    if match is None:
        return None
    said = match.group("name").lower()
    name = said if said in tools else canonical(said)
    args = _arguments((match.group("rest") or "").strip())
    if name not in tools or args is None or (name != said and not args):
        return None
    owner, operation = OPERATIONS.get(said, ("", ""))
    return ToolCall("named-tool", name, {"op": operation, **args} if name == owner != said else args)


def _arguments(rest: str) -> dict[str, object] | None:
    if rest.startswith("{"):
        try:
            return msgspec.json.decode(rest, type=dict[str, Any])
        except msgspec.DecodeError:
            return None
    words = spans.shlex_words(rest) if rest else []
    pairs = [word.partition("=") for word in words]
    if (rest and not words) or any(not mark or not key.isidentifier() for key, mark, _ in pairs):
        return None
    return {key: value for key, _, value in pairs}
