"""Options that commands share, and where a command of a group works."""

import math
from pathlib import Path
from typing import Any

import click

WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Folder to work in; by default the present one.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, and nothing else there.")


class Seconds(click.FloatRange):
    """A number of seconds in a range; `nan` is in none, which click does not see."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """See `click.ParamType`."""
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is not a number.", param, ctx)
        return seconds


def workspace_of(context: click.Context, given: Path | None) -> Path | None:
    """The folder named after the command, or the nearest one named before it."""
    above = context.parent
    while given is None and above is not None:
        given, above = above.params.get("workspace"), above.parent
    return given
