"""The database file: opened, brought to the present schema, and put right when it is damaged."""

import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codey_tui.store.audit import Audit
from codey_tui.store.connection import Connection, StoreError, is_corrupt, sentence
from codey_tui.store.conversations import Conversations
from codey_tui.store.corrections import Corrections
from codey_tui.store.figures import FigureLog
from codey_tui.store.journal import Journal
from codey_tui.store.messages import Messages
from codey_tui.store.plans import Plans
from codey_tui.store.sessions import Sessions

if TYPE_CHECKING:
    import sqlite_utils

BUSY_TIMEOUT_S = 5.0
_CHECK_BELOW_BYTES = 64 << 20
"""Files below this size are checked whole when they are opened: at most a few hundred milliseconds."""


class Database:
    """All that is remembered about one workspace. Methods of its parts may be called from any thread; each write is on
    disk when it returns. `notices` are sentences for the person about what had to be put right."""

    def __init__(self, connection: Connection, path: Path, notices: tuple[str, ...] = ()) -> None:
        self.path = path
        self.notices = notices
        self.sessions = Sessions(connection)
        self.journal = Journal(connection)
        self.messages = Messages(connection)
        self.plans = Plans(connection)
        self.audit = Audit(connection)
        self.figures = FigureLog(connection)
        self.corrections = Corrections(connection)
        self.conversations = Conversations(connection)
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> "Database":
        """Open or create the file; a write waits `busy_timeout_s` for another process to finish its own. A damaged one is moved to `<name>.corrupt-<time>`, never deleted, and a new one
        takes its place. Raises StoreError where that cannot be done or a newer Codey wrote the file."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return cls(Connection(_open(path, busy_timeout_s), path), path)
            except sqlite3.Error as error:
                if not is_corrupt(error):
                    raise
            aside = _move_aside(path)
            notice = f"The history of this workspace was damaged. It was moved to {aside} and a new one was begun."
            return cls(Connection(_open(path, busy_timeout_s), path), path, (notice,))
        except sqlite3.Error as error:
            raise StoreError(sentence(error, path)) from error
        except OSError as error:
            raise StoreError(f"The database {path} cannot be opened ({error.strerror}). Check its folder.") from error

    def close(self) -> None:
        """Close the file; every use after that raises StoreError."""
        self._connection.close()


def _open(path: Path, busy_timeout_s: float) -> "sqlite_utils.Database":
    import sqlite_utils

    # it holds prompts and output: the file is made for the owner alone before SQLite first writes to it
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=busy_timeout_s, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
        connection.execute("PRAGMA secure_delete=ON")  # what a person removes does not linger in free pages
        if path.stat().st_size < _CHECK_BELOW_BYTES:
            _check(connection)
        db = sqlite_utils.Database(connection, execute_plugins=False)
        _migrate(db, path)
    except BaseException:
        connection.close()
        raise
    return db


def _check(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError for a file whose pages do not fit together."""
    problem = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if problem != "ok":
        raise sqlite3.DatabaseError(f"malformed: {problem}")


def _migrate(db: "sqlite_utils.Database", path: Path) -> None:
    from codey_tui.store.migrations import NAMES, SCHEMA

    if newer := {migration.name for migration in SCHEMA.applied(db)} - NAMES:
        raise StoreError(
            f"The database {path} was written by a newer Codey (it knows {', '.join(sorted(newer))}). Update this one."
        )
    if not SCHEMA.pending(db):
        return
    # another process may be opening the same new file: whoever gets the write lock applies, the other finds it done
    db.conn.execute("BEGIN IMMEDIATE")
    SCHEMA.apply(db)
    db.commit()


def _move_aside(path: Path) -> Path:
    """Rename the file with its write-ahead log; both together are what a repair tool needs."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(aside.with_name(aside.name + suffix))
    return aside
