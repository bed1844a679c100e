"""Calls of a tool by its name, as a person's own tools are called: `use weather city=Paris`."""

import re
from collections.abc import Collection
from typing import Any

import msgspec

from codey_tui.engine.router import spans
from codey_tui.engine.router.tool_calls import ToolCall

_LINE = re.compile(
    r"(?:use|call)\s+(?:the\s+)?(?:tool\s+)?(?P<name>[a-z_][a-z0-9_]*)(?:\s+tool)?(?:\s+(?:with|on|for))?(?:\s+(?P<rest>\S.*))?$",
    re.DOTALL | re.IGNORECASE,
)


def named_call(text: str, tools: Collection[str]) -> ToolCall | None:
    """`use NAME key=value ...` or `use NAME {"key": value}`, where the tool exists; else None."""
    match = _LINE.match(text.strip())
    name = match.group("name").lower() if match else ""
    if match is None or name not in tools:
        return None
    args = _arguments((match.group("rest") or "").strip())
    return None if args is None else ToolCall("named-tool", name, args)


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
