"""The commands below `codey sessions`; what each needs is imported inside it."""

from pathlib import Path

import click

from codey_tui.cli.options import JSON, WORKSPACE, workspace_of


@click.group(invoke_without_command=True)
@WORKSPACE
@JSON
@click.pass_context
def sessions(context: click.Context, workspace: Path | None, as_json: bool) -> int:
    """List the sessions of the workspace, the latest first; `remove` removes them."""
    return 0 if context.invoked_subcommand is not None else _listed(context, workspace, as_json=as_json)


@sessions.command("list")
@WORKSPACE
@JSON
@click.pass_context
def list_them(context: click.Context, workspace: Path | None, as_json: bool) -> int:
    """List the sessions of the workspace, the latest first."""
    return _listed(context, workspace, as_json=as_json)


def _listed(context: click.Context, workspace: Path | None, *, as_json: bool) -> int:
    from codey_tui.cli.records import list_sessions

    return list_sessions(workspace_of(context, workspace), as_json=as_json)


@sessions.command()
@click.argument("session", nargs=-1)
@WORKSPACE
@click.option(
    "--older-than", type=click.IntRange(min=0), metavar="DAYS", help="All that were not used for so many days."
)
@click.option("--yes", is_flag=True, help="Without a question.")
@click.pass_context
def remove(
    context: click.Context, session: tuple[str, ...], workspace: Path | None, older_than: int | None, yes: bool
) -> int:
    """Remove sessions for good, by their ids or by age.

    What was said in them goes, with what models have read of them and their /undo. Their actions stay in the audit table, the
    files that they wrote stay as they are, and so do the history of prompts and the routes that were put right. The session
    that is open in a running engine cannot be removed. Exits 2 for an id that is not there; then nothing is removed.
    """
    from codey_tui.cli.sessions_removed import remove_sessions

    if bool(session) == (older_than is not None):
        raise click.UsageError("Name sessions, or say --older-than DAYS: one of the two. `codey sessions` lists them.")
    return remove_sessions(workspace_of(context, workspace), session, older_than=older_than, yes=yes)
