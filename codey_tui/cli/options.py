"""Options that commands share, and where a command of a group works."""

from pathlib import Path

import click

WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Folder to work in; by default the present one.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, and nothing else there.")


def workspace_of(context: click.Context, given: Path | None) -> Path | None:
    """The folder named after the command, or the nearest one named before it."""
    above = context.parent
    while given is None and above is not None:
        given, above = above.params.get("workspace"), above.parent
    return given
