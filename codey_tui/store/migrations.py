"""The tables and how they came about; a migration that was released is never changed, only followed by another one."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

SCHEMA = Migrations("codey")

_FIRST = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, turns INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_updated ON sessions (updated);

CREATE TABLE journal (
    session TEXT NOT NULL, seq INTEGER NOT NULL, turn INTEGER NOT NULL, at REAL NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, session TEXT NOT NULL, turn INTEGER NOT NULL, role TEXT NOT NULL,
    text TEXT NOT NULL, at REAL NOT NULL, UNIQUE (session, id)
) STRICT;

CREATE TABLE plans (
    id TEXT PRIMARY KEY, session TEXT NOT NULL, turn INTEGER NOT NULL, at REAL NOT NULL, plan TEXT NOT NULL,
    verdict TEXT, chunks TEXT, decided_by TEXT, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX plans_session ON plans (session, turn);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY, action_id TEXT NOT NULL UNIQUE, session TEXT NOT NULL, turn INTEGER NOT NULL,
    at REAL NOT NULL, tool TEXT NOT NULL, args TEXT NOT NULL, preview TEXT NOT NULL, risk TEXT NOT NULL,
    verdict TEXT, scope TEXT NOT NULL, decided_by TEXT, decided_at REAL, reason TEXT NOT NULL, sandbox TEXT NOT NULL,
    exit_code INTEGER, seconds REAL, bytes_out INTEGER, hash_before TEXT NOT NULL, hash_after TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX audit_session ON audit (session);

CREATE TABLE figures (
    session TEXT NOT NULL, turn INTEGER NOT NULL, at REAL NOT NULL, result TEXT NOT NULL, figures TEXT NOT NULL,
    PRIMARY KEY (session, turn)
) STRICT, WITHOUT ROWID;
"""


@SCHEMA()
def first_tables(db: Database) -> None:
    for statement in _FIRST.split(";"):
        if statement.strip():
            db.conn.execute(statement)


_CORRECTIONS = """
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY, session TEXT NOT NULL, turn INTEGER NOT NULL, at REAL NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL, was TEXT NOT NULL, decided_by TEXT NOT NULL
) STRICT
"""


@SCHEMA()
def corrections_of_routes(db: Database) -> None:
    db.conn.execute(_CORRECTIONS)


_CONVERSATIONS = """
CREATE TABLE conversations (
    session TEXT NOT NULL, position INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID
"""


@SCHEMA()
def conversations_as_sent(db: Database) -> None:
    db.conn.execute(_CONVERSATIONS)


NAMES = frozenset({"first_tables", "corrections_of_routes", "conversations_as_sent"})
"""Every migration above: a file that knows others comes from a newer version."""
