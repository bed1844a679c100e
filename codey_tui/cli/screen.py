"""`codey`: start or attach to the engine of the workspace, then hand it to the screen."""

import gc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from codey_tui import __version__
from codey_tui.cli.connect import apply_flags
from codey_tui.cli.failure import BAD_INPUT, say_error
from codey_tui.cli.site import Site, log_to_file, open_site
from codey_tui.cli.terminal import is_interactive
from codey_tui.inference.accounts import AccountBook
from codey_tui.offers import memory_folder
from codey_tui.protocol.client import Client, EngineGone, QueryFailed
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.connection import AttachRefused
from codey_tui.server.lifecycle import WorkspaceTaken, attach
from codey_tui.server.remote import RemoteClient

HEADLESS = (
    'This is not a terminal, so there is no screen. To work without one: codey run "what you want" --approve all'
    " (see `codey run --help`)."
)


def open_screen(workspace: Path | None, flags: Mapping[str, object], *, new: bool) -> int:
    """Open the workbench; gives the exit status of the screen."""
    if not is_interactive():
        say_error(HEADLESS)
        return BAD_INPUT
    gc.disable()  # nothing of what is imported now will ever be garbage; the screen switches it on again
    site = open_site(workspace, flags)
    log_to_file(site, "screen.log")
    link = _EngineLink(site)
    with ThreadPoolExecutor(1, "codey-attach") as pool:
        attached = pool.submit(link.attach, new=new)  # an engine starts while the screen is being imported
        from codey_tui.tui.app import run
        from codey_tui.tui.options import TuiOptions

    client = attached.result()

    settings = site.settings
    options = TuiOptions(
        workspace=site.workspace,
        version=__version__,
        theme=settings.theme,
        themes_dir=site.paths.assets / "themes",
        user_themes_dir=site.paths.config_dir / "themes",
        keymap=settings.keymap,
        mouse=settings.mouse,
        link=settings.link,
        history_path=site.place.folder / "prompts.jsonl",
        hide=_hide_keys,
        budget=settings.memory_budget_mb * 2**20,
        restart=link.restart,
        watch_gone=link.watch_gone,
        left=_say_how_to_come_back,
    )
    account = AccountBook(memory_folder(site.paths), "screen", str(site.workspace))  # it counts against the budget
    try:
        return run(client, options)
    finally:
        account.close()
        link.close()


def _say_how_to_come_back() -> None:
    """What the shell shows after the screen was left to itself."""
    click.echo(
        "Detached: the engine goes on. `codey` in this folder brings the screen back, `codey stop` ends the engine."
    )


def _hide_keys(text: str) -> str:
    """A prompt as it may stand in a file. Imported late: the screen needs it at the first prompt."""
    from codey_tui.engine.masking import hide

    return hide(text)


class _EngineLink:
    """The way to the engine, also to one that is started after the first has gone."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._client: RemoteClient | None = None

    def attach(self, *, new: bool = False) -> Client:
        """Start or attach. Raises EngineGone, EngineFailed and WorkspaceTaken."""
        self.close()
        site = self._site
        command = site.engine_command(new=new)
        client = attach(site.place, command, version=__version__, env=site.engine_env())
        self._client = client
        apply_flags(client, client.ask_now(GetStatus()), site, new=new)
        return client

    def restart(self) -> Client:
        """Attach again after the engine went away. Raises EngineGone, whatever stands in the way."""
        try:
            return self.attach()
        except (WorkspaceTaken, AttachRefused, QueryFailed) as error:
            raise EngineGone(str(error)) from error

    def watch_gone(self, client: Client, tell: Callable[[str], None]) -> None:
        """Have `tell` called with a sentence when the engine of a client is gone."""
        if isinstance(client, RemoteClient):
            client.when_gone(tell)

    def close(self) -> None:
        """Leave the engine to itself."""
        if self._client is not None:
            self._client.close()
