"""`codey route`: how a request would be understood, without an engine and without doing it."""

import os
import sys
from pathlib import Path

import click
import msgspec

from codey_tui.cli.failure import InputError
from codey_tui.cli.site import find_workspace
from codey_tui.cli.terminal import json_line, plain
from codey_tui.paths import Paths
from codey_tui.protocol.models import Route

MAX_LINE = 100_000
"""Characters of one request that are read."""


def show_routes(workspace: Path | None, text: str, *, as_json: bool) -> int:
    """Print how `text` is routed; `-` takes one request from each line of standard input and prints a JSON object a line."""
    from codey_tui.routing import routing

    folder = find_workspace(workspace)
    decide = routing(Paths.locate(os.environ), folder)
    text = text.encode("utf-8", "replace").decode()
    if text == "-":
        if sys.stdin.isatty():
            click.echo("Type one request a line; ctrl+d ends.", err=True)
        for raw in sys.stdin.buffer:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")[:MAX_LINE]
            _print_json(line, decide(line))
        return 0
    if not text.strip():
        raise InputError("There is no request. Put one in quotes: codey route 'git status'.")
    found = decide(text)
    if as_json:
        _print_json(text, found)
    else:
        _print_lines(found)
    return 0


def show_corrections(workspace: Path | None) -> int:
    """Print the routes that the person put right in this workspace as JSON lines, which training takes."""
    from codey_tui.bootstrap import read_corrections

    for row in read_corrections(Paths.locate(os.environ), find_workspace(workspace)):
        click.echo(json_line(row))
    return 0


def _print_json(text: str, route: Route) -> None:
    """One object a line; `ms` is rounded to microseconds, `confidence` to three places."""
    row = {
        "text": text,
        "kind": route.kind,
        "tool": route.tool,
        "args": route.args,
        "confidence": round(route.confidence, 3),
        "decided_by": route.decided_by,
        "ms": round(route.milliseconds, 3),
        "reply": route.reply,
    }
    click.echo(json_line(row))


def _print_lines(route: Route) -> None:
    click.echo(f"kind        {route.kind}")
    if route.tool:
        click.echo(f"tool        {route.tool}")
    for name, value in route.args.items():
        shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        click.echo(f"  {name:9s} {plain(shown)}")
    click.echo(f"confidence  {route.confidence:.2f}")
    click.echo(f"decided by  {route.decided_by}")
    click.echo(f"took        {route.milliseconds:.2f} ms")
    if route.reply:
        click.echo(f"reply       {plain(route.reply)}")
