"""Tools that a person wrote: Python files in trusted folders, each with a `TOOL`. A bad one is told of and left out.

They run inside the engine, with all that it can do: that is why their folder has to be trusted first.
"""

import sys
import traceback
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import Tool, ToolContext, ToolError
from codey_tui.tools.grammar import tool_call_grammar
from codey_tui.tools.names import ALIASES, OPERATIONS
from codey_tui.tools.trust import ToolFolder, TrustStore, read_folder


class UserTool:
    """A person's tool behind the same protocol; whatever goes wrong in it becomes a sentence."""

    def __init__(self, inner: Any, place: Path) -> None:
        self._inner = inner
        self._place = place
        self.name: str = inner.name
        self.summary: str = inner.summary
        self.Args: type[msgspec.Struct] = inner.Args

    def assess(self, args: Any, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`."""
        answer = self._call("assess", args, context)
        pair = cast("tuple[object, ...]", answer) if isinstance(answer, tuple) else ()
        match pair:
            case (Risk() as risk, Preview() as preview):
                return risk, preview
            case _:
                raise ToolError(f"The tool {self.name} of {self._place} does not say what it would do.")

    def run(self, args: Any, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        answer = self._call("run", args, context)
        if not isinstance(answer, ActionResult):
            raise ToolError(f"The tool {self.name} of {self._place} gave no result.")
        return answer

    def _call(self, method: str, args: Any, context: ToolContext) -> object:
        try:
            return getattr(self._inner, method)(args, context)
        except ToolError:
            raise
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1].lineno
            raise ToolError(f"The tool {self.name} failed: {_told(error)} ({self._place}, line {where}).") from error


def load_tools(folders: Iterable[Path], trusted: TrustStore, taken: Iterable[str]) -> tuple[list[Tool], list[str]]:
    """The tools of all trusted folders, and a sentence about each folder or file that was left out. `taken`: names that
    they may not have."""
    tools: list[Tool] = []
    problems: list[str] = []
    names = {*taken, *ALIASES, *OPERATIONS}
    for place in folders:
        try:
            folder = read_folder(place)
        except OSError as error:
            problems.append(f"The tools of {place} were left out: {error.strerror}.")
            continue
        if folder is None:
            continue
        if not trusted.trusts(folder):
            problems.append(
                f"{folder.path} holds tools that are not trusted as they are now, so they were left out. "
                "`codey trust` shows them and asks."
            )
            continue
        problems += folder.problems
        for name, source in folder.files.items():
            try:
                tool = _load(folder, name, source, names)
            except ToolError as error:
                problems.append(f"The tool in {folder.path / name} was left out: {error}")
            else:
                names.add(tool.name)
                tools.append(tool)
    return tools, problems


def _load(folder: ToolFolder, name: str, source: bytes, taken: set[str]) -> Tool:
    """Run the bytes that were read, and check what they made. Raises ToolError."""
    place = folder.path / name
    module = types.ModuleType(f"codey_user_tools.{place.stem}")
    module.__file__ = str(place)
    sys.modules[module.__name__] = module  # structs look their annotations up there
    try:
        exec(compile(source, str(place), "exec"), module.__dict__)  # noqa: S102 - trusted by its content
        tool = UserTool(module.__dict__["TOOL"], place)
        _check(tool, taken)
    except ToolError:
        raise
    except KeyError as error:
        raise ToolError(f"it has no {error}.") from error
    except (Exception, SystemExit) as error:
        raise ToolError(f"{_told(error)}.") from error
    return tool


def _check(tool: Any, taken: set[str]) -> None:
    name: object = tool.name
    if not isinstance(name, str) or not name.isidentifier() or not name.islower():
        raise ToolError("its name is no word of small letters.")
    if name in taken:
        raise ToolError(f"there is a tool {name} already, or a tool that is also called so.")
    summary: object = tool.summary
    if not isinstance(summary, str) or not summary.strip():
        raise ToolError("it has no summary.")
    arguments: object = tool.Args
    if not isinstance(arguments, type) or not issubclass(arguments, msgspec.Struct):
        raise ToolError("its Args is no msgspec.Struct.")
    tool_call_grammar((tool,))


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
