"""`codey config`: every setting, its value in this workspace, and the layer that it comes from."""

import json
import os
from pathlib import Path

import click

from codey_tui.cli.site import Site, open_site
from codey_tui.cli.terminal import plain
from codey_tui.settings import describe


def show_settings(workspace: Path | None, *, as_json: bool) -> int:
    """The settings of a workspace. Raises SettingsError when one of them cannot be used."""
    site = open_site(workspace)
    rows = [(name, value, _source(site, name), sentence) for name, value, sentence in describe(site.settings)]
    if as_json:
        keys = ("name", "value", "source", "description")
        found = {"path": str(site.paths.config_file), "settings": [dict(zip(keys, row, strict=True)) for row in rows]}
        click.echo(json.dumps(found, indent=2))
        return 0
    click.echo(f"Your settings: {plain(str(site.paths.config_file))}\n")
    for name, value, source, sentence in rows:
        click.echo(f"{name} = {json.dumps(value)}  ({plain(source)})\n    {sentence}")
    return 0


def _source(site: Site, name: str) -> str:
    """The topmost layer that sets a key; the files are valid, since the settings have been read."""
    variable = f"CODEY_{name.upper()}"
    if variable in os.environ:
        return variable
    for file in (site.workspace / ".codey" / "config.json", site.paths.config_file):
        if file.is_file() and name in json.loads(file.read_bytes() or b"{}"):
            return str(file)
    return "default"
