"""Command lines that do what a tool call asks for, so that a step of a plan can be a command."""

import shlex
from typing import cast

from codey_tui.protocol.models import Route


def tool_command(route: Route) -> str:
    """The command line that does what a `tool` route asks for; empty where there is none."""
    args = route.args
    if command := str(args.get("command") or ""):
        return command
    listed = args.get("paths")
    paths = (
        [str(path) for path in cast("list[object]", listed)]
        if isinstance(listed, list)
        else [str(args.get("path") or ".")]
    )
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
