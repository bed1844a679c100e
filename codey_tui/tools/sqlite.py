"""The sqlite tool: tables, schema and queries of a database file; what would write is judged by SQLite's own parser."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import quote

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import Fields, ToolContext, ToolError
from codey_tui.tools.places import changeable, is_secret, readable, relative
from codey_tui.tools.tables import aligned

if TYPE_CHECKING:
    import sqlite_utils

_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_STEPS_BETWEEN_LOOKS = 10_000
_WRITES = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in (
        "INSERT UPDATE DELETE CREATE_TABLE CREATE_INDEX CREATE_TRIGGER CREATE_VIEW DROP_TABLE DROP_INDEX DROP_TRIGGER "
        "DROP_VIEW ALTER_TABLE REINDEX ANALYZE CREATE_VTABLE DROP_VTABLE CREATE_TEMP_TABLE CREATE_TEMP_INDEX "
        "CREATE_TEMP_TRIGGER CREATE_TEMP_VIEW DROP_TEMP_TABLE DROP_TEMP_INDEX DROP_TEMP_TRIGGER DROP_TEMP_VIEW"
    ).split()
)
_HARMLESS_PRAGMAS = frozenset(
    "table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check "
    "database_list collation_list compile_options integrity_check quick_check user_version schema_version page_count "
    "page_size encoding journal_mode function_list data_version".split()
)
_TAKE_A_NAME = frozenset(
    "table_info table_xinfo index_list index_info index_xinfo foreign_key_list foreign_key_check".split()
)


class SqliteArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the sqlite tool: a database file of the workspace, one statement of SQL for `query`, the most `rows` to
    show, and the `table` whose schema is wanted (all, where it is empty)."""

    OPERATIONS: ClassVar[dict[str, Fields]] = {
        "tables": Fields(needs=("path",)),
        "schema": Fields(needs=("path",), takes=("table",)),
        "query": Fields(needs=("path", "sql"), takes=("rows",)),
    }

    op: Literal["tables", "schema", "query"]
    path: str
    sql: str = ""
    table: str = ""
    rows: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class SqliteTool:
    """Database files of the workspace."""

    name = "sqlite"
    summary = "Show the tables and schema of a SQLite database file, and run one SQL statement on it."
    Args = SqliteArgs

    def assess(self, args: SqliteArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`. A statement that only reads runs on a read-only connection and asks nobody."""
        writes = args.op == "query" and _judge(args, context.workspace)
        _place(args, context.workspace, creating=bool(writes))
        if not writes:
            title = f"sqlite {args.op} {args.path}"
            body = args.sql.strip() or title
            risk = Risk(level="read", reason="Only reads the database.", touches=(args.path,))
            return risk, Preview(kind="text", title=title, body=body, path=args.path)
        changeable(context.workspace, args.path)
        risk = Risk(level="write", reason=f"Changes {args.path}; /undo brings it back.", touches=(args.path,))
        return risk, Preview(
            kind="text", title=f"Change the database {args.path}", body=args.sql.strip(), path=args.path
        )

    def run(self, args: SqliteArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        try:
            writes = args.op == "query" and _judge(args, context.workspace)
            if writes:
                return _change(args, context)
            place = _place(args, context.workspace, creating=False)
            with _opened(place, "ro", context) as database:
                match args.op:
                    case "tables":
                        return _tables(database, args)
                    case "schema":
                        return _schema(database, args)
                    case _:
                        return _rows(database, args)
        except sqlite3.Error as error:
            raise ToolError(f"{args.path}: {_plain(error)}") from error


def _place(args: SqliteArgs, workspace: Path, *, creating: bool) -> Path:
    place = readable(workspace, args.path)
    if place.is_dir():
        raise ToolError(f"{args.path} is a folder.")
    if not place.exists() and not creating:
        raise ToolError(f"{args.path} does not exist.")
    return place


@contextmanager
def _opened(place: Path, mode: str, context: ToolContext) -> Generator["sqlite_utils.Database"]:
    """The database through sqlite-utils; a statement ends when it is cancelled or its time is over."""
    import sqlite_utils

    connection = sqlite3.connect(f"file:{quote(str(place))}?mode={mode}", uri=True, isolation_level=None, timeout=5.0)
    end = time.monotonic() + (context.limits.seconds or 3600.0)
    connection.set_progress_handler(
        lambda: int(context.cancel.is_set() or time.monotonic() > end), _STEPS_BETWEEN_LOOKS
    )
    try:
        connection.set_authorizer(_allow)
        yield sqlite_utils.Database(connection, recursive_triggers=False)
    finally:
        connection.close()


def _allow(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """No statement reaches another file, loads code or changes how SQLite works. (VACUUM attaches a file without name.)"""
    if (action == sqlite3.SQLITE_ATTACH and first) or (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in ("load_extension", "fts3_tokenizer")
    ):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA:
        name = (first or "").lower()
        fits = name in _HARMLESS_PRAGMAS and (second is None or name in _TAKE_A_NAME)
        return sqlite3.SQLITE_OK if fits else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _judge(args: SqliteArgs, workspace: Path) -> bool:
    """Whether the statement would write, as SQLite's compiler sees it. Raises ToolError for what is no single statement."""
    sql = args.sql.strip()
    if not sql:
        raise ToolError('"query" needs sql: one statement.')
    place = _place(args, workspace, creating=True)
    seen: set[int] = set()

    def watch(action: int, first: Any, second: Any, database: Any, trigger: Any) -> int:
        seen.add(action)
        return _allow(action, first, second, database, trigger)

    target = f"file:{quote(str(place))}?mode=ro" if place.exists() else "file::memory:"
    try:
        connection = sqlite3.connect(target, uri=True, isolation_level=None, timeout=5.0)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").close()
            connection.set_authorizer(watch)
            connection.execute(f"EXPLAIN {sql}").close()
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise ToolError(f"{args.path}: {_plain(error)}") from error
    if sqlite3.SQLITE_TRANSACTION in seen or sqlite3.SQLITE_SAVEPOINT in seen:
        raise ToolError("Each statement is a transaction of its own here; leave BEGIN, COMMIT and SAVEPOINT away.")
    vacuum = sql.lstrip("( \n\t").lower().startswith("vacuum")
    if vacuum and "into" in sql.lower():
        raise ToolError("VACUUM INTO would write another file; copy the database with the file tool.")
    return bool(seen & _WRITES) or vacuum


def _change(args: SqliteArgs, context: ToolContext) -> ActionResult:
    """Run a statement that writes, after everything that belongs to the database has been kept for undo."""
    if is_secret(args.path):
        raise ToolError(f"{args.path} looks like a file of passwords or keys, so Codey does not change it.")
    place = changeable(context.workspace, args.path)
    place = _place(args, context.workspace, creating=True) if place.is_symlink() else place
    for ending in _SIDE_FILES:
        context.before_change(relative(context.workspace, place.with_name(place.name + ending)))
    place.parent.mkdir(parents=True, exist_ok=True)
    with _opened(place, "rwc", context) as database:
        before = database.conn.total_changes
        cursor = database.conn.execute(args.sql)
        found = cursor.fetchmany(args.rows) if cursor.description else []
        names = [column[0] for column in cursor.description or ()]
        changed = database.conn.total_changes - before
        cursor.close()
    rows = "row" if changed == 1 else "rows"
    return ActionResult(ok=True, summary=f"{args.path}: {changed} {rows} changed", output=aligned(names, found))


def _tables(database: "sqlite_utils.Database", args: SqliteArgs) -> ActionResult:
    rows = [(name, "table", database.table(name).count) for name in database.table_names()]
    rows += [(name, "view", "") for name in database.view_names()]
    noun = "table" if len(rows) == 1 else "tables"
    return ActionResult(
        ok=True, summary=f"{args.path}: {len(rows)} {noun}", output=aligned(["name", "kind", "rows"], rows)
    )


def _schema(database: "sqlite_utils.Database", args: SqliteArgs) -> ActionResult:
    if args.table:
        if args.table not in (*database.table_names(), *database.view_names()):
            raise ToolError(f"{args.path} has no table {args.table}.")
        sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name = ? ORDER BY rowid"
        found = [str(row[0]) for row in database.conn.execute(sql, [args.table])]
        text = ";\n".join(found) + ";"
    else:
        text = database.schema
    count = len(database.table_names()) if not args.table else 1
    return ActionResult(
        ok=True, summary=f"{args.path}: schema of {count} {'table' if count == 1 else 'tables'}", output=text
    )


def _rows(database: "sqlite_utils.Database", args: SqliteArgs) -> ActionResult:
    cursor = database.conn.execute(args.sql)
    names = [column[0] for column in cursor.description or ()]
    found = cursor.fetchmany(args.rows + 1)
    more = len(found) > args.rows
    found = found[: args.rows]
    count = f"the first {args.rows} rows" if more else f"{len(found)} {'row' if len(found) == 1 else 'rows'}"
    output = aligned(names, found) + (f"\n[... more than {args.rows} rows ...]" if more else "")
    return ActionResult(ok=True, summary=f"{args.path}: {count}", output=output, truncated=more)


def _plain(error: Exception) -> str:
    text = str(error)
    if "not authorized" in text or "prohibited" in text:
        return "this statement reaches beyond the database, so it is not run."
    if text == "interrupted":
        return "the statement took too long or was cancelled."
    if "one statement at a time" in text:
        return "one statement at a time, please."
    return text.rstrip(".") + "."
