"""One SQLite connection behind one lock, whose failures become sentences."""

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # sqlite-utils takes 150 ms to import; it is loaded when a database is opened
    import sqlite_utils


class StoreError(Exception):
    """The database cannot be read or written; the sentence says why and what to do."""


class Connection:
    """Serialises every use of the database: the engine's loop and its worker threads share it."""

    def __init__(self, db: "sqlite_utils.Database", path: Path) -> None:
        self._db = db
        self._path = path
        self._lock = threading.RLock()
        self._closed = False

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """A transaction that is on disk when the block ends, or not at all. Raises StoreError."""
        with self._lock, self._sentences():
            if self._closed:
                raise StoreError(f"The database {self._path} was closed already.")
            with self._db.atomic():
                yield self._db.conn

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """All rows of a SELECT by column name. Raises StoreError."""
        with self._lock, self._sentences():
            if self._closed:
                raise StoreError(f"The database {self._path} was closed already.")
            cursor = self._db.conn.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def insert(self, table: str, row: Mapping[str, object]) -> None:
        """One new row, as a transaction of its own. Raises StoreError, also where the key is taken."""
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names come from this package alone
        with self.transaction() as connection:
            connection.execute(sql, list(row.values()))

    def change(self, sql: str, values: Sequence[object]) -> int:
        """One UPDATE or upsert as a transaction of its own; how many rows it touched. Raises StoreError."""
        with self.transaction() as connection:
            return connection.execute(sql, values).rowcount

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it. May be called twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._db.close()

    @contextmanager
    def _sentences(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(sentence(error, self._path)) from error


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file's content is damaged, and not that it cannot be reached."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in str(error)


def sentence(error: sqlite3.Error, path: Path) -> str:
    """What a person can do about an error of SQLite. Names: https://sqlite.org/rescode.html"""
    name = getattr(error, "sqlite_errorname", "")
    if is_corrupt(error):
        return (
            f"The database {path} is damaged. End Codey and start it again: it is then moved aside and a new one made."
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"Another program holds the database {path}. Close it and try again."
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return f"The disk that holds {path} is full or failing ({error}). Make room and try again; nothing was lost."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return f"The database {path} cannot be written ({error}). Check the permissions of its folder."
    return f"The database {path} refused what Codey asked ({error})."
