"""All tools there are, and the way from a name and JSON arguments, as a rule or a model writes them, to one call."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from codey_tui.tools import names
from codey_tui.tools.base import Tool, ToolError
from codey_tui.tools.environment import EnvironmentTool
from codey_tui.tools.file import FileTool
from codey_tui.tools.git import GitTool
from codey_tui.tools.python import PythonTool
from codey_tui.tools.search import SearchTool
from codey_tui.tools.shell import ShellTool
from codey_tui.tools.sqlite import SqliteTool

TOOLS: tuple[Tool, ...] = (
    FileTool(), ShellTool(), GitTool(), SearchTool(), SqliteTool(), EnvironmentTool(), PythonTool(),
)  # fmt: skip
NEAR = 0.8
"""How near a name must come to a tool's to be taken for it, of 1."""


class Call(NamedTuple):
    """A tool and the arguments for it, as its own struct."""

    tool: Tool
    args: Any


class ToolBox:
    """The tools of one engine: those of Codey and those of the person."""

    def __init__(self, tools: tuple[Tool, ...] = TOOLS) -> None:
        self.tools = tools
        self._by_name = {tool.name: tool for tool in tools}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tools."""
        return tuple(self._by_name)

    def canonical(self, name: str) -> str:
        """The registered name for a name, an alias or a near miss, in whatever case; an unknown one comes back as it is."""
        plain = name.strip().lower().replace("-", "_").replace(" ", "_")
        if plain in self._by_name:
            return plain
        meant = names.ALIASES.get(plain) or names.OPERATIONS.get(plain, ("", ""))[0]
        if not meant and len(plain) >= 4:
            meant = next(iter(difflib.get_close_matches(plain, self._by_name, n=1, cutoff=NEAR)), "")
        return meant if meant in self._by_name else name

    def find(self, name: str) -> Tool:
        """The tool that a name means. Raises ToolError."""
        tool = self._by_name.get(self.canonical(name))
        if tool is None:
            raise ToolError(f'There is no tool "{name}". The tools are: {", ".join(self.names)}.')
        return tool

    def decode(self, tool: Tool, args: Mapping[str, Any], called: str = "") -> Any:
        """The arguments as `tool.Args`. Near names of arguments are accepted, and `called`, the name that was used,
        supplies an operation. Raises ToolError that says what fits."""
        fields = tool.Args.__struct_fields__
        renamed = names.ARGUMENTS.get(tool.name, {})
        given = {
            renamed.get(key, key) if key not in fields and renamed.get(key) not in args else key: value
            for key, value in args.items()
        }
        owner, operation = names.OPERATIONS.get(called.strip().lower(), ("", ""))
        if owner == tool.name:
            given.setdefault("op", operation)
        for listed in ("paths", "packages", "types"):
            if listed in fields and isinstance(given.get(listed), str):
                given[listed] = [given[listed]]
        try:
            return msgspec.convert(given, tool.Args, strict=False)
        except msgspec.ValidationError as error:
            problem = str(error).replace("`", '"')
            raise ToolError(
                f'The tool "{tool.name}" cannot use these arguments: {problem}. It takes: {", ".join(fields)}.'
            ) from error

    def call(self, name: str, args: Mapping[str, Any]) -> Call:
        """The call that a name and arguments mean; a whole command line goes to the shell, whichever tool it was for.
        Raises ToolError."""
        tool = self.find(name)
        shell = self._by_name.get("shell")
        if shell is not None and "command" in args and "command" not in tool.Args.__struct_fields__:
            tool = shell
        return Call(tool, self.decode(tool, args, name))


BUILT_IN = ToolBox()
NAMES: tuple[str, ...] = BUILT_IN.names
canonical = BUILT_IN.canonical
find = BUILT_IN.find
decode = BUILT_IN.decode
