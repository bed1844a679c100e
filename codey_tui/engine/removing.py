"""Removes stored sessions for good: what was said in them, what models have read of them, and their checkpoints."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from codey_tui.engine.journal import Journal
from codey_tui.engine.parts import EngineParts
from codey_tui.engine.providers import Providers
from codey_tui.engine.pruning import free, put_aside
from codey_tui.engine.records import Records
from codey_tui.protocol import events as ev
from codey_tui.store.connection import StoreError
from codey_tui.store.database import Database

REST_S = 30.0
"""How long a model that still saves what it has read is waited for: it may be of a session that goes."""


def remove_stored(
    database: Database, checkpoints: Path, forget: Callable[[str], object], sessions: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Remove sessions one after the other, as far as it goes: those that are gone, and what stopped it (empty: nothing).

    `checkpoints` is the folder with those of all sessions, `forget` removes what models have read of one. The row of a session
    goes last, so that one that could not be removed whole is still listed and can be removed again. Blocks.
    """
    gone: list[str] = []
    for session in sessions:
        try:
            if database.sessions.get(session) is None:
                return tuple(gone), f"There is no session {session} in this workspace."
            free(put_aside(checkpoints / session))
            forget(session)
            database.sessions.remove(session)
        except (OSError, StoreError) as error:
            return tuple(gone), f"The session {session} could not be removed: {error}"
        gone.append(session)
    return tuple(gone), ""


def removed_text(sessions: Sequence[str]) -> str:
    """What is said of sessions that are gone, and of what stays of them."""
    what = f"The session {sessions[0]} is" if len(sessions) == 1 else f"{len(sessions)} sessions are"
    its = "its" if len(sessions) == 1 else "their"
    return f"{what} removed; {its} actions stay in the audit table, and the files in the folder are as they were."


class Removal:
    """Removes sessions beside the present one, while nothing else runs."""

    def __init__(self, parts: EngineParts, journal: Journal, records: Records, providers: Providers) -> None:
        self._parts = parts
        self._journal = journal
        self._records = records
        self._providers = providers

    async def remove(self, sessions: tuple[str, ...]) -> None:
        """Remove sessions and tell of it; nothing goes where the present one is among them."""
        if self._journal.session in sessions:
            self._refuse(f"The session {self._journal.session} is open. Open another one first, then remove it.")
            return
        if not (self._journal.flush() and self._records.flush()):
            self._refuse("No session was removed: the disk takes nothing just now (is it full?).")
            return
        await self._providers.rested(REST_S)
        checkpoints = self._parts.state_dir / "checkpoints"
        gone, problem = await asyncio.to_thread(
            remove_stored, self._parts.database, checkpoints, self._parts.forget, sessions
        )
        if gone:
            self._journal.emit(ev.SessionsRemoved(sessions=gone, text=removed_text(gone)))
        if problem:
            self._refuse(problem)

    def _refuse(self, text: str) -> None:
        self._journal.emit(ev.Noticed(level="warning", text=text))
