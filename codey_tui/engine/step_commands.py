"""What a tool call says as a command line, so that a step of a plan reads the same whichever tool carries it out."""

import shlex
from typing import cast

import msgspec

from codey_tui.protocol.models import Route
from codey_tui.tools.git import GitArgs
from codey_tui.tools.git.arguments import shown


def tool_command(route: Route) -> str:
    """The command line that says what a `tool` route asks for; empty where there is none."""
    args = route.args
    if command := str(args.get("command") or ""):
        return command
    match route.tool:
        case "git":
            return shown(msgspec.convert(args, GitArgs))
        case "search":
            return f"search {shlex.quote(str(args.get('pattern')))} in {args.get('path') or '.'}"
        case "sqlite":
            return f"sqlite {args.get('op')} {args.get('path')} {args.get('sql') or args.get('table') or ''}".strip()
        case "environment":
            what = " ".join(_listed(args.get("packages"))) or str(args.get("kind") or "")
            return f"environment {args.get('op')} {what}".strip()
        case "python":
            return f"python {shlex.quote(str(args.get('code')))}"
        case _:
            return _file_command(args)


def _file_command(args: dict[str, object]) -> str:
    """A call of the file tool."""
    paths = _listed(args.get("paths")) or [str(args.get("path") or ".")]
    quoted = " ".join(shlex.quote(path) for path in paths)
    match args.get("op"):
        case "mkdir":
            return f"mkdir -p -- {quoted}"
        case "read":
            return f"cat -- {quoted}"
        case "list":
            return f"ls -- {quoted}"
        case "delete":
            return f"rm -r -- {quoted}"
        case "move" | "copy" as op:
            return f"{'mv' if op == 'move' else 'cp -r'} -- {quoted} {shlex.quote(str(args.get('target') or '.'))}"
        case "write" if not args.get("content"):
            return f"touch -- {quoted}"
        case "write":
            return f"printf %s {shlex.quote(str(args.get('content')))} > {quoted}"
        case _:
            return ""


def _listed(value: object) -> list[str]:
    return [str(item) for item in cast("list[object]", value)] if isinstance(value, list) else []
