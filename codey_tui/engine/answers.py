"""Answers to the queries that only read the database; they run on a worker thread."""

from typing import TypeVar, cast

import msgspec

from codey_tui.protocol import events as ev
from codey_tui.protocol.queries import GetAudit, GetChunkText, ListSessions, QueryBase
from codey_tui.store.database import Database

T = TypeVar("T")


def answer_query(database: Database, session: str, query: QueryBase[T]) -> T:
    """The answer to a query about what is stored. Raises `TypeError` for a query that is not of that sort."""
    if isinstance(query, ListSessions):
        return cast(T, database.sessions.list(query.limit))
    if isinstance(query, GetAudit):
        return cast(T, database.audit.list(query.session, query.limit))
    if isinstance(query, GetChunkText):
        return cast(T, _chunk_text(database, session, query.chunk_id))
    raise TypeError(f"{type(query).__name__} is not a query of the store")


def _chunk_text(database: Database, session: str, chunk_id: str) -> str:
    for row in reversed(database.journal.read(session)):
        if chunk_id in row.event:
            event = msgspec.json.decode(row.event, type=ev.Event)
            if isinstance(event, ev.ChunkEnded) and event.chunk_id == chunk_id:
                return event.content
    return ""
