"""A Client for a command without a screen: the engine that runs, or one in this process when none does."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import cast

from codey_tui import __version__
from codey_tui.catalogue import read_catalogue
from codey_tui.cli.failure import InputError
from codey_tui.cli.site import Site, log_to_file
from codey_tui.protocol.actions import ApprovalMode
from codey_tui.protocol.client import Client, EngineGone
from codey_tui.protocol.events import Envelope, Noticed
from codey_tui.protocol.models import KvType, Status
from codey_tui.protocol.ops import NewSession, SetMode, SetModel
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.lifecycle import WorkspaceTaken
from codey_tui.server.lock import EngineLock, Holder, LockHeld
from codey_tui.server.remote import RemoteClient

PATIENCE_S = 15.0


@contextlib.asynccontextmanager
async def open_client(
    site: Site,
    *,
    new: bool = False,
    on_gone: Callable[[str], None] | None = None,
    on_notice: Callable[[Noticed], None] | None = None,
) -> AsyncGenerator[Client]:
    """The workspace's engine for the length of a block. `on_notice` hears what an engine that starts in this process has to say.
    Raises WorkspaceTaken while another `codey run` works there."""
    found = await engine_or_lock(site, on_gone)
    try:
        if isinstance(found, RemoteClient):
            apply_flags(found, await found.ask(GetStatus()), site, new=new)
            yield found
        else:
            async with _in_process(site, new=new, on_notice=on_notice) as client:
                yield client
    finally:
        let_go(found)


async def engine_or_lock(site: Site, on_gone: Callable[[str], None] | None = None) -> RemoteClient | EngineLock:
    """The workspace's engine, or, where none runs, the right to work there without one; `let_go` of it. Raises WorkspaceTaken and
    LockHeld."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(EngineGone):
            return RemoteClient(
                site.place.socket, version=__version__, workspace=site.workspace, name="shell", on_gone=on_gone
            )
        try:
            return EngineLock(site.place.lock, Holder(pid=os.getpid(), version=__version__, kind="run"))
        except LockHeld as held:
            if held.holder is not None and held.holder.kind == "run":
                raise WorkspaceTaken(f"{held} Wait for its end.") from held
            if time.monotonic() > end:
                raise
        await asyncio.sleep(0.1)  # an engine is just starting, or ending


def let_go(found: RemoteClient | EngineLock) -> None:
    """Give back what `engine_or_lock` found."""
    if isinstance(found, RemoteClient):
        found.close()
    else:
        found.release()


@contextlib.asynccontextmanager
async def _in_process(site: Site, *, new: bool, on_notice: Callable[[Noticed], None] | None) -> AsyncGenerator[Client]:
    from codey_tui.bootstrap import build_engine

    begun = time.time()

    def deliver(envelope: Envelope) -> None:  # an old session is told anew at the start, with what was said in it then
        if on_notice is not None and isinstance(envelope.event, Noticed) and envelope.at >= begun:
            on_notice(envelope.event)

    log_to_file(site, "run.log")
    engine = build_engine(site.workspace, site.settings, site.paths)
    unsubscribe = engine.listen(deliver)
    try:
        await engine.start(new_session=new)
        unsubscribe()
        yield engine
    finally:
        await engine.close()


def apply_flags(client: Client, status: Status, site: Site, *, new: bool) -> None:
    """Bring an engine that was already there in line with the flags of this command."""
    flags = site.flags
    wanted = flags.get("model")
    if wanted is not None:
        known = {info.path: info.id for info in status.models} | {info.id: info.id for info in status.models}
        name = str(wanted)
        model = known.get(name) or known.get(str(Path(name).expanduser().absolute()))
        if model is None and name in {spec.id for spec in read_catalogue(site.paths, site.settings.models)}:
            model = name  # it came after the engine began, which looks again when it is asked for
        if model is None:
            raise InputError(
                f"The engine that runs here does not know the model {name}: end it with `codey stop` first."
            )
    else:
        model = status.model.id
    n_ctx, kv_type = cast(int, flags.get("context_tokens") or 0), cast(KvType, flags.get("kv_type") or "")
    if model != status.model.id or n_ctx or kv_type:
        client.submit(SetModel(model=model, n_ctx=n_ctx, kv_type=kv_type))
    mode = flags.get("approval_mode")
    if mode is not None and mode != status.mode:
        client.submit(SetMode(mode=cast(ApprovalMode, mode)))
    if new and status.session.turns:
        client.submit(NewSession())
