"""All tools there are, the other names models give them, and the way from JSON arguments to a tool's own struct."""

import difflib
from collections.abc import Mapping
from typing import Any

import msgspec

from codey_tui.tools.base import Tool, ToolError
from codey_tui.tools.file import FileTool
from codey_tui.tools.shell import ShellTool

TOOLS: tuple[Tool, ...] = (FileTool(), ShellTool())

ALIASES: dict[str, str] = {
    "read": "file", "write": "file", "files": "file", "filesystem": "file", "fs": "file", "read_file": "file",
    "write_file": "file", "list_files": "file", "delete_file": "file", "mkdir": "file", "directory": "file",
    "terminal": "shell", "bash": "shell", "sh": "shell", "command": "shell", "exec": "shell", "execute": "shell",
    "run": "shell", "run_command": "shell", "git": "shell", "sqlite": "shell", "python": "shell",
}  # fmt: skip
"""Other names of a tool. A name that also says what to do (`read_file`) supplies `op` where it is missing."""

_OPERATIONS = {
    "read": "read", "read_file": "read", "write": "write", "write_file": "write", "list_files": "list",
    "delete_file": "delete", "mkdir": "mkdir", "directory": "mkdir",
}  # fmt: skip
_ARGUMENTS = {
    "file": {"filename": "path", "file_path": "path", "filepath": "path", "contents": "content", "text_content": "content",
             "operation": "op", "action": "op", "destination": "target", "to": "target"},
    "shell": {"cmd": "command", "command_line": "command", "script": "command", "timeout": "seconds"},
}  # fmt: skip
_BY_NAME = {tool.name: tool for tool in TOOLS}
NAMES: tuple[str, ...] = tuple(_BY_NAME)


def canonical(name: str) -> str:
    """The registered name for a name or alias, in whatever case; an unknown one comes back as it is."""
    plain = name.strip().lower()
    return plain if plain in _BY_NAME else ALIASES.get(plain, name)


def find(name: str) -> Tool:
    """The tool of that name or alias. Raises ToolError."""
    tool = _BY_NAME.get(canonical(name))
    if tool is None:
        close = difflib.get_close_matches(name.lower(), [*NAMES, *ALIASES], n=1)
        advice = f'Did you mean "{canonical(close[0])}"?' if close else f"The tools are: {', '.join(NAMES)}."
        raise ToolError(f'There is no tool "{name}". {advice}')
    return tool


def decode(tool: Tool, args: Mapping[str, Any], called: str = "") -> Any:
    """The arguments as `tool.Args`. Near names of arguments are accepted, and `called`, the name that was used, supplies
    an operation. Raises ToolError that says what fits."""
    renamed = _ARGUMENTS.get(tool.name, {})
    given = {renamed.get(key, key) if renamed.get(key) not in args else key: value for key, value in args.items()}
    operation = _OPERATIONS.get(called.strip().lower())
    if tool.name == "file" and operation:
        given.setdefault("op", operation)
    try:
        return msgspec.convert(given, tool.Args, strict=False)
    except msgspec.ValidationError as error:
        fields = ", ".join(tool.Args.__struct_fields__)
        problem = str(error).replace("`", '"')
        raise ToolError(f'The tool "{tool.name}" cannot use these arguments: {problem}. It takes: {fields}.') from error
