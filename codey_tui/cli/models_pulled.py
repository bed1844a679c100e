"""`codey models pull` and `remove`: files of the hub in the user's models folder."""

import os
import sys
import time
from pathlib import Path

import click
import msgspec

from codey_tui.cli.confirming import need_yes
from codey_tui.cli.failure import FAILED, INTERRUPTED, InputError, say_error
from codey_tui.cli.models_shown import own_settings, print_json
from codey_tui.fetching import wanted_file
from codey_tui.inference.download import part_of, pull
from codey_tui.inference.hub import Hub, PullFailed
from codey_tui.inference.ladder import mb
from codey_tui.keeping import removal
from codey_tui.offers import models_here
from codey_tui.paths import Paths
from codey_tui.settings import Settings

BAR_CELLS = 24
EVERY_S = 0.2
"""How often the bar moves; where no person looks a line is written for each tenth instead."""


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """What `codey models pull --json` prints; `checked` tells whether a published SHA-256 was compared."""

    model: str
    path: str
    size: int
    checked: bool
    fits: bool


def pull_model(name: str, *, as_json: bool) -> int:
    """Fetch a model and say how to use it."""
    paths, settings = own_settings({})
    try:
        wanted, known = wanted_file(paths, name)
    except PullFailed as error:
        raise InputError(str(error)) from error
    target = paths.user_models / wanted.name
    if target.exists():
        click.echo(f"{wanted.name} is here already: {target}", err=as_json)
        return _told(paths, settings, target, checked=False, as_json=as_json)
    if known is not None and not as_json:
        click.echo(f"{known.title}, {mb(known.size)}, licence: {known.licence}. From {known.repository}.")
    bar = Bar(quiet=as_json)
    try:
        target, checked = pull(Hub.of_environment(os.environ), wanted, paths.user_models, bar.show)
    except KeyboardInterrupt:
        bar.end()
        part = part_of(target)
        kept = part.stat().st_size if part.exists() else 0
        say_error(f"Stopped. {mb(kept)} are kept; the same command goes on from there.")
        return INTERRUPTED
    finally:
        bar.end()
    return _told(paths, settings, target, checked=checked, as_json=as_json)


def _told(paths: Paths, settings: Settings, target: Path, *, checked: bool, as_json: bool) -> int:
    offer = next((offer for offer in models_here(paths, settings).offers if offer.path == str(target)), None)
    if offer is None:
        say_error(f"{target} is here, but a model of the same name in your settings hides it. Rename that one.")
        return FAILED
    if as_json:
        return print_json(
            Pulled(model=offer.id, path=str(target), size=target.stat().st_size, checked=checked, fits=offer.fits)
        )
    if checked:
        click.echo("Its SHA-256 is the published one.")
    if offer.fits:
        click.echo(f"It needs {mb(offer.needs)} with a context of {offer.n_ctx:,} tokens, which fits.")
    else:
        click.echo(f"It does not fit as it is: `codey models fit {offer.id}` says what would.")
    click.echo(f'Use it with `codey --model {offer.id}`, with /model {offer.id}, or as "model" in your settings.')
    return 0


def remove_model(name: str, *, yes: bool) -> int:
    """Remove a file from the models folder, or the link to one that lies elsewhere."""
    paths, settings = own_settings({})
    found = removal(paths, settings, name)
    if not yes:
        need_yes(found.question)
    found.path.unlink()
    click.echo(found.done)
    return 0


class Bar:
    """Progress on standard error: a bar for a person, a line for each tenth in a log, nothing when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._drawn = 0.0
        self._tenth = -1
        self._started = 0.0
        self._first = 0
        self._open = False

    def show(self, done: int, size: int) -> None:
        """So many bytes of so many are there."""
        now = time.monotonic()
        if not self._started:
            self._started, self._first = now, done
        if self._quiet:
            return
        if self._moving:
            if now - self._drawn >= EVERY_S or done == size:
                self._drawn = now
                filled = BAR_CELLS * done // size
                bar = "█" * filled + "░" * (BAR_CELLS - filled)
                click.echo(
                    f"\r{bar} {100 * done // size:3d}% {mb(done)} of {mb(size)}{self._rate(done, size)}\x1b[K",
                    err=True,
                    nl=False,
                )
                self._open = True
        elif 10 * done // size > self._tenth:
            self._tenth = 10 * done // size
            click.echo(f"{10 * self._tenth}% {mb(done)} of {mb(size)}", err=True)

    def _rate(self, done: int, size: int) -> str:
        seconds = time.monotonic() - self._started
        rate = (done - self._first) / seconds if seconds > 1 else 0.0
        if rate <= 0:
            return ""
        left = int((size - done) / rate)
        return f", {rate / 1e6:.1f} MB/s, {left // 60}:{left % 60:02d} left"

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            click.echo("", err=True)
            self._open = False
