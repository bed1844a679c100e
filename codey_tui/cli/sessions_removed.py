"""`codey sessions remove`: through the engine that runs in the workspace, or, where none does, in the database itself."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from codey_tui.bootstrap import ALL, read_sessions
from codey_tui.bootstrap import remove_sessions as remove_here
from codey_tui.cli.answering import Answering
from codey_tui.cli.confirming import need_yes
from codey_tui.cli.connect import engine_or_lock, let_go
from codey_tui.cli.failure import FAILED, InputError, say_error
from codey_tui.cli.records import session_line
from codey_tui.cli.site import Site, open_site
from codey_tui.engine.removing import removed_text
from codey_tui.protocol.events import SessionsRemoved
from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.ops import RemoveSessions
from codey_tui.protocol.queries import GetStatus, ListSessions
from codey_tui.server.remote import RemoteClient

DAY_S = 86400
_GOES = (
    "What was said there, what models have read of it and its /undo go for good; actions stay in the audit table, files "
    "in the folder as they are."
)


class Stored(msgspec.Struct, frozen=True):
    """The sessions of a workspace, and the one that is open in an engine (empty: none runs)."""

    sessions: tuple[SessionInfo, ...]
    present: str


def remove_sessions(workspace: Path | None, names: Sequence[str], *, older_than: int | None, yes: bool) -> int:
    """Remove the sessions of these ids, or those that were not used for so many days; gives the exit status."""
    site = open_site(workspace)
    stored = asyncio.run(_stored(site))
    chosen = _named(stored, names) if older_than is None else _older(stored, older_than)
    if not chosen:
        click.echo(f"No session of this folder was left unused for {older_than} day{'' if older_than == 1 else 's'}.")
        return 0
    if not yes:
        for session in chosen:
            click.echo(session_line(session))
        click.echo(_GOES)
        need_yes("Remove it?" if len(chosen) == 1 else f"Remove these {len(chosen)} sessions?")
    text, problem = asyncio.run(_remove(site, tuple(session.id for session in chosen)))
    if text:
        click.echo(text)
    if problem:
        say_error(problem)
    return FAILED if problem else 0


def _named(stored: Stored, names: Sequence[str]) -> list[SessionInfo]:
    known = {session.id: session for session in stored.sessions}
    for name in names:
        if name not in known:
            raise InputError(f"There is no session {name} in this folder. `codey sessions` lists them.")
        if name == stored.present:
            raise InputError(
                f"The session {name} is open in the engine that runs here. Open another one first, or end the engine "
                "with `codey stop`."
            )
    return [known[name] for name in dict.fromkeys(names)]


def _older(stored: Stored, days: int) -> list[SessionInfo]:
    before = time.time() - days * DAY_S
    found = [session for session in stored.sessions if session.updated <= before]
    if any(session.id == stored.present for session in found):
        click.echo(f"The session {stored.present} is open in the engine that runs here, so it stays.", err=True)
    return [session for session in found if session.id != stored.present]


async def _stored(site: Site) -> Stored:
    found = await engine_or_lock(site)
    try:
        if isinstance(found, RemoteClient):
            sessions, status = await found.ask(ListSessions(limit=ALL)), await found.ask(GetStatus())
            return Stored(tuple(sessions), status.session.id)
        return Stored(tuple(read_sessions(site.paths, site.workspace)), "")
    finally:
        let_go(found)


async def _remove(site: Site, sessions: tuple[str, ...]) -> tuple[str, str]:
    """What is said of those that are gone, and what went wrong."""
    answering = Answering(SessionsRemoved)
    found = await engine_or_lock(site, answering.gone)
    try:
        if isinstance(found, RemoteClient):
            answer = await answering.to(found, RemoveSessions(sessions=sessions))
            if isinstance(answer, SessionsRemoved):
                return answer.text, " ".join(answering.notes)
            return "", answer.text
        gone, problem = remove_here(site.paths, site.workspace, sessions)
        return removed_text(gone) if gone else "", problem
    finally:
        let_go(found)
