"""`codey sandbox build`, and what `codey doctor` says about where commands run."""

import time
from pathlib import Path

import click

from codey_tui.cli.finding import Finding
from codey_tui.cli.site import open_site
from codey_tui.cli.terminal import plain
from codey_tui.sandbox.choice import Tried
from codey_tui.settings import Settings

_TITLES = {"docker": "Docker", "bubblewrap": "bubblewrap", "landlock": "Landlock", "rlimits": "limits only"}
_HINTS = {
    "docker": "`codey sandbox build` makes the image once an engine runs.",
    "bubblewrap": "Debian, Ubuntu, Fedora, Termux: install the package bubblewrap.",
    "landlock": "",
    "rlimits": "",
}
_NO_WALLS = (
    "Files and network are open to commands, so each of them asks. Install bubblewrap, or run `codey sandbox build`."
)


def build_image(workspace: Path | None, environment: str | None) -> int:
    """Make the image of the Docker sandbox be there, saying what is done."""
    from codey_tui.sandbox.docker import Docker

    settings = open_site(workspace).settings
    sandbox = Docker(environment or settings.sandbox_environment)
    started = time.monotonic()

    def tell(text: str) -> None:
        click.echo(f"{time.monotonic() - started:6.1f} s  {plain(text)}", err=True)

    try:
        name = sandbox.prepare(tell)
        problem = sandbox.problem()
    finally:
        sandbox.close()
    click.echo(name)
    if problem:
        click.echo(f"The image is there, but docker cannot be used here: {plain(problem)}.", err=True)
    elif environment and environment != settings.sandbox_environment:
        click.echo(f'To use it set "sandbox_environment" to "{environment}" in your config.json.', err=True)
    return 0


def check_sandboxes(workspace: Path | None) -> list[Finding]:
    """Every sandbox, tried, and the one that commands run in."""
    from codey_tui.bootstrap import choose_sandbox

    settings = open_site(workspace).settings
    choice = choose_sandbox(settings)
    try:
        tried = choice.survey()
    finally:
        choice.close()
    return [*map(_finding, tried), _chosen(tried, settings)]


def _finding(tried: Tried) -> Finding:
    if tried.problem:
        return Finding(_TITLES[tried.name], "warn", tried.problem, _HINTS[tried.name])
    return Finding(_TITLES[tried.name], "ok", "works")


def _chosen(tried: list[Tried], settings: Settings) -> Finding:
    chosen = next(one for one in tried if one.chosen)
    why = "the first that works" if settings.sandbox == "auto" else "by your settings"
    if chosen.problem:
        hint = 'Mend that, or set "sandbox" to "auto". Until then every command asks whether another one will do.'
        return Finding("sandbox", "bad", f"{chosen.name} ({why}), but {chosen.problem}", hint)
    if chosen.name == "rlimits":
        return Finding("sandbox", "warn", f"{chosen.name} ({why})", _NO_WALLS)
    return Finding("sandbox", "ok", f"{chosen.name} ({why})")
