"""Commands that read or undo what was recorded: sessions, audit, undo."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click

from codey_tui.cli.answering import Answering
from codey_tui.cli.connect import open_client
from codey_tui.cli.failure import FAILED, say_error
from codey_tui.cli.site import open_site
from codey_tui.cli.terminal import json_line, plain
from codey_tui.protocol.actions import AuditRow
from codey_tui.protocol.events import Noticed, TurnUndone
from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.ops import UndoTurn
from codey_tui.protocol.queries import GetAudit, ListSessions, QueryBase, T


def list_sessions(workspace: Path | None, *, as_json: bool) -> int:
    """The sessions, the latest first."""
    found: list[SessionInfo] = [
        session for session in _ask(workspace, ListSessions(limit=1000)) if session.turns or session.title
    ]
    if as_json:
        return _as_json(found)
    if not found:
        click.echo("There are no sessions in this folder yet.")
    for session in found:
        click.echo(session_line(session))
    return 0


def session_line(session: SessionInfo) -> str:
    """A session as it is listed."""
    turns = f"{session.turns:4d} turn{'' if session.turns == 1 else 's'}"
    return f"{_when(session.updated)}  {turns:<10}  {session.id}  {plain(session.title)}".rstrip()


def list_audit(workspace: Path | None, *, as_json: bool, limit: int) -> int:
    """The audit table, the latest row last."""
    rows: list[AuditRow] = _ask(workspace, GetAudit(limit=limit))
    if as_json:
        return _as_json(rows)
    if not rows:
        click.echo("Nothing has been proposed in this folder yet.")
    for row in rows:
        decided = f"{row.verdict} by {row.decided_by}" if row.verdict else "open"
        exited = "" if row.exit_code is None else f", exit {row.exit_code}"
        what = plain(row.preview).split("\n", 1)[0] or row.tool
        click.echo(f"{_when(row.at)}  turn {row.turn:<3d} {row.tool:8s} {row.risk:9s} {decided}{exited}  {what}")
    return 0


def undo_turn(workspace: Path | None, turn: int) -> int:
    """Undo a turn (0: the last one not yet undone) and say which files came back."""
    site = open_site(workspace)

    async def undo() -> tuple[TurnUndone | Noticed, list[str]]:
        answering = Answering(TurnUndone)
        async with open_client(site, on_gone=answering.gone) as client:
            return await answering.to(client, UndoTurn(turn=turn)), answering.notes

    answer, notes = asyncio.run(undo())
    if isinstance(answer, Noticed):
        say_error(answer.text)
        return FAILED
    click.echo(f"Turn {answer.turn} is undone.")
    for path in answer.restored:
        click.echo(f"  restored {plain(path)}")
    for path in answer.removed:
        click.echo(f"  removed {plain(path)}")
    for note in notes:
        click.echo(f"Note: {plain(note)}", err=True)
    return 0


def _ask(workspace: Path | None, query: QueryBase[T]) -> T:
    site = open_site(workspace)

    async def ask() -> T:
        async with open_client(site) as client:
            return await client.ask(query)

    return asyncio.run(ask())


def _as_json(rows: Sequence[object]) -> int:
    click.echo(json_line(rows, indent=2))
    return 0


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
