"""`codey trust`: shows the tools that a folder holds, and lets them run once a person has said yes."""

import sys
from pathlib import Path

import click

from codey_tui.bootstrap import tool_folders, trust_store
from codey_tui.cli.failure import NEEDS_ANSWER, say_error
from codey_tui.cli.site import open_site
from codey_tui.cli.terminal import is_interactive, plain
from codey_tui.tools.trust import ToolFolder, read_folder


def trust_tools(workspace: Path | None, *, yes: bool, withdraw: bool) -> int:
    """Trust, or no longer trust, the tools of the workspace and the user's own; gives the exit status."""
    site = open_site(workspace)
    store = trust_store(site.paths)
    places = tool_folders(site.workspace, site.paths)
    if withdraw:
        gone = [str(place) for place in places if store.withdraw(place)]
        click.echo(f"No longer trusted: {plain(', '.join(gone))}" if gone else "None of these folders was trusted.")
        return 0
    found = [folder for place in places if (folder := read_folder(place)) is not None]
    if not found:
        click.echo(f"There are no tools in {plain(' or '.join(map(str, places)))}.")
        return 0
    for folder in found:
        if store.trusts(folder):
            click.echo(f"{plain(str(folder.path))}: trusted as it is.")
            continue
        _show(folder)
        if not yes and not is_interactive():
            say_error("An answer was needed. Run it in a terminal, or with --yes.")
            return NEEDS_ANSWER
        if yes or click.confirm("Let Codey run this code with your rights?", err=True):
            store.trust(folder)
            click.echo(
                f"{plain(str(folder.path))}: trusted. An engine that runs already takes it up after `codey stop`."
            )
        else:
            click.echo(f"{plain(str(folder.path))}: not trusted.")
    return 0


def _show(folder: ToolFolder) -> None:
    """The code, as it would be run."""
    click.echo(f"{plain(str(folder.path))}: {len(folder.files)} files, SHA-256 {folder.digest}")
    for name, source in folder.files.items():
        click.echo(f"\n--- {plain(name)} ({len(source):,} bytes)")
        click.echo(plain(source.decode("utf-8", "replace")))
    for problem in folder.problems:
        click.echo(plain(problem))
    sys.stdout.flush()
