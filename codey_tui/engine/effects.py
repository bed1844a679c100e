"""What an action really does, for the rules: the commands it runs, one by one, and the paths it names."""

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from codey_tui.protocol.actions import Action, Preview
from codey_tui.tools.command_forms import Command, commands_in
from codey_tui.tools.command_parser import CannotParse
from codey_tui.tools.command_risk import named_paths
from codey_tui.tools.places import is_secret

_PATH_KEYS = ("path", "paths", "target", "file", "files", "folder", "cwd", "database")
_BULK_KEYS = frozenset({"content", "search", "replace", "code"})


@dataclass(frozen=True)
class Effects:
    """`line`: the action in one line, as it was called. `commands`: what it runs; `calls`: what else it does, an operation
    with a path or its arguments. `paths` are relative to the workspace where they lie in it."""

    tool: str
    line: str
    commands: tuple[Command, ...]
    calls: tuple[str, ...]
    paths: tuple[str, ...]
    outside: tuple[str, ...]
    secrets: tuple[str, ...]
    certain: bool = True


def effects_of(action: Action, workspace: Path, preview: Preview | None = None) -> Effects:
    """Take an action apart; without a preview by its arguments alone."""
    args = action.args
    command = args.get("command")
    if isinstance(command, str):
        return _of_command(action.tool, command.strip(), workspace)
    if preview is not None and action.tool == "git" and preview.title.startswith("git "):
        return _merged(_of_command(action.tool, preview.title, workspace), _of_call(action, workspace))
    return _of_call(action, workspace)


def _of_command(tool: str, line: str, workspace: Path) -> Effects:
    named = named_paths(line, workspace)
    try:
        commands = tuple(commands_in(line))
    except CannotParse:
        return Effects(tool, line, (), (), named.words, named.outside, named.secrets, certain=False)
    return Effects(tool, line, commands, (), named.words, named.outside, named.secrets)


def _of_call(action: Action, workspace: Path) -> Effects:
    args = action.args
    operation = str(args.get("op", ""))
    paths: list[str] = []
    outside: list[str] = []
    for path in _paths(args):
        plain, real = posixpath.normpath(path), _real(workspace, path)
        paths += [plain] if real in ("", plain) else [plain, real]
        if not real:
            outside.append(path)
    rest = [_shown(value) for key, value in args.items() if key != "op" and key not in _BULK_KEYS]
    line = " ".join(word for word in [operation, *rest] if word)
    calls = [f"{operation} {path}".strip() for path in paths] or [line]
    secrets = tuple(path for path in paths if is_secret(path))
    return Effects(action.tool, line, (), tuple(calls), tuple(paths), tuple(outside), secrets)


def _merged(first: Effects, second: Effects) -> Effects:
    return Effects(
        first.tool,
        first.line,
        first.commands,
        second.calls,
        (*first.paths, *second.paths),
        (*first.outside, *second.outside),
        (*first.secrets, *second.secrets),
        first.certain,
    )


def _paths(args: dict[str, Any]) -> Iterator[str]:
    for key in _PATH_KEYS:
        value = args.get(key)
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, list | tuple):
            yield from (item for item in cast("list[Any]", value) if isinstance(item, str) and item)


def _real(workspace: Path, path: str) -> str:
    """Where a path leads, every symlink followed, relative to the workspace; empty where that is outside of it."""
    root = os.path.realpath(workspace)
    if path.startswith("~") or "\0" in path:
        return ""
    place = Path(os.path.realpath(Path(root, path)))
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else ""


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_shown(item) for item in cast("list[object]", value))
    return "" if value in (None, "", False) else str(value)
