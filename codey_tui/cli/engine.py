"""The engine's own process, and its end."""

import asyncio
import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import click

from codey_tui import __version__
from codey_tui.cli.failure import FAILED, say_error
from codey_tui.cli.logs import log_to
from codey_tui.cli.site import Site, find_workspace, open_site, place_of
from codey_tui.cli.terminal import plain

NICENESS = 5
CLOSE_S = 20.0

log = logging.getLogger(__name__)


def serve_engine(workspace: Path | None, flags: Mapping[str, object], *, new: bool) -> int:
    """Be the engine of a workspace until nobody needs it, someone stops it, or SIGTERM comes."""
    from codey_tui.server.lock import EngineLock, Holder, LockHeld

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a screen's terminal may go: the engine stays
    os.nice(NICENESS)
    log_to()
    site = open_site(workspace, flags)
    try:
        lock = EngineLock(site.place.lock, Holder(pid=os.getpid(), version=__version__, kind="engine"))
    except LockHeld as held:
        say_error(str(held))
        return FAILED
    try:
        asyncio.run(_serve(site, new=new))
    finally:
        lock.release()
    return 0


async def _serve(site: Site, *, new: bool) -> None:
    from codey_tui.bootstrap import build_engine
    from codey_tui.server.host import Host

    engine = build_engine(site.workspace, site.settings, site.paths)
    host = Host(
        engine,
        site.place.socket,
        workspace=site.workspace,
        version=__version__,
        idle_exit_s=site.settings.idle_exit_s,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stopped.set)
    try:
        await engine.start(new_session=new)
        await host.start()
        log.info("Engine %s of %s is ready (process %d).", __version__, site.workspace, os.getpid())
        ends = [asyncio.create_task(event.wait()) for event in (host.stopped, engine.stopped)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
    finally:
        try:
            await asyncio.wait_for(engine.close(), CLOSE_S)
        except TimeoutError:
            log.error("The engine did not close within %g s and is left to its end.", CLOSE_S)
        await host.close()
        log.info("Engine of %s has ended.", site.workspace)


def stop_engine(workspace: Path | None) -> int:
    """End the engine of a workspace, whatever state it is in. Works without readable settings."""
    from codey_tui.paths import Paths
    from codey_tui.server.lifecycle import stop

    folder = find_workspace(workspace)
    holder = stop(place_of(Paths.locate(os.environ), folder))
    if holder is None:
        click.echo(f"No engine runs in {plain(str(folder))}.")
    else:
        click.echo(f"The engine of {plain(str(folder))} (process {holder.pid}) has ended.")
    return 0
