"""The JSON Schema of every tool's arguments, made from their structs: what a model is told of the tools."""

from typing import Any

import msgspec

from codey_tui.tools.base import Fields, Tool


def schema_of(tool: Tool) -> dict[str, Any]:
    """The schema of a tool's arguments, without references: one object with its properties."""
    whole = msgspec.json.schema(tool.Args)
    definitions = whole.get("$defs", {})
    return _resolved({key: value for key, value in whole.items() if key != "$defs"}, definitions)


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool in the form of OpenAI's function calling, which chat templates know."""
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.summary, "parameters": schema_of(tool)},
    }


def operations_of(tool: Tool) -> dict[str, Fields]:
    """Which arguments each operation of a tool must and may have; empty for a tool that does one thing."""
    return getattr(tool.Args, "OPERATIONS", {})


def _resolved(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolved(item, definitions) for item in node]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = dict(node)  # pyright: ignore[reportUnknownArgumentType]
    reference = found.pop("$ref", None)
    if isinstance(reference, str):
        found |= definitions[reference.rsplit("/", 1)[-1]]
        return _resolved(found, definitions)
    return {key: _resolved(value, definitions) for key, value in found.items()}
