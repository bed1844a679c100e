"""The sqlite tool on real database files: what it shows, what it calls a write, and what it never lets a statement do."""

import sqlite3
from pathlib import Path

import pytest

from codey_tui.tools import ToolError
from codey_tui.tools.tables import aligned
from tests.fakes.tool_calls import ToolCalls


@pytest.fixture
def users(calls: ToolCalls) -> Path:
    place = calls.workspace / "users.db"
    database = sqlite3.connect(place)
    database.executescript(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE VIEW names AS SELECT name FROM users;"
        "INSERT INTO users (name) VALUES ('Ada'), ('Grace'), (NULL);"
    )
    database.close()
    return place


@pytest.mark.usefixtures("users")
def test_tables_schema_and_rows(calls: ToolCalls) -> None:
    assert calls.run("sqlite", op="tables", path="users.db").output.splitlines()[2:] == [
        "users  table  3",
        "names  view",
    ]
    assert "CREATE TABLE users" in calls.run("sqlite", op="schema", path="users.db").output
    assert "VIEW" not in calls.run("sqlite", op="schema", path="users.db", table="users").output
    result = calls.run("sqlite", op="query", path="users.db", sql="SELECT * FROM users")
    assert result.output.splitlines() == ["id  name", "--  -----", " 1  Ada", " 2  Grace", " 3  NULL"]
    assert calls.assess("sqlite", op="query", path="users.db", sql="SELECT * FROM names")[0].level == "read"


@pytest.mark.usefixtures("users")
def test_many_rows_are_cut(calls: ToolCalls) -> None:
    sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    result = calls.run("sqlite", op="query", path="users.db", sql=sql, rows=5)
    assert result.truncated
    assert result.output.splitlines()[-1] == "[... more than 5 rows ...]"


@pytest.mark.usefixtures("users")
def test_a_query_without_end_is_cancelled(calls: ToolCalls) -> None:
    calls.cancel.set()
    sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(ToolError, match="too long or was cancelled"):
        calls.run("sqlite", op="query", path="users.db", sql=sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM users",
        "/* SELECT */ INSERT INTO users (name) VALUES ('x')",
        "WITH a AS (SELECT 1) UPDATE users SET name = 'x'",
        "INSERT INTO users (name) VALUES ('x') RETURNING id",
        "CREATE TABLE t (a)",
        "DROP VIEW names",
        "ALTER TABLE users ADD COLUMN age",
        "VACUUM",
    ],
)
def test_writes_are_recognised_announced_and_done(calls: ToolCalls, users: Path, sql: str) -> None:
    before = users.read_bytes()
    assert calls.assess("sqlite", op="query", path="users.db", sql=sql)[0].level == "write"
    assert users.read_bytes() == before
    assert calls.run("sqlite", op="query", path="users.db", sql=sql).ok
    assert calls.announced == ["users.db", "users.db-wal", "users.db-shm", "users.db-journal"]


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH '/etc/passwd' AS other",
        "SELECT load_extension('x')",
        "PRAGMA journal_mode = WAL",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO 'copy.db'",
        "BEGIN",
        "SELECT 1; DELETE FROM users",
        "SELEC 1",
        "SELECT * FROM nobody",
        " ",
    ],
)
def test_what_reaches_further_or_is_no_statement_is_refused(calls: ToolCalls, users: Path, sql: str) -> None:
    before = users.read_bytes()
    with pytest.raises(ToolError):
        calls.run("sqlite", op="query", path="users.db", sql=sql)
    assert users.read_bytes() == before
    assert [place.name for place in calls.workspace.iterdir()] == ["users.db"]


def test_files_that_are_no_database_and_databases_that_are_not_there(calls: ToolCalls) -> None:
    calls.make("a.db", "no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(ToolError, match="not a database"):
        calls.run("sqlite", op="tables", path="a.db")
    with pytest.raises(ToolError, match="does not exist"):
        calls.run("sqlite", op="query", path="b.db", sql="SELECT 1")
    with pytest.raises(ToolError, match="leads out"):
        calls.run("sqlite", op="tables", path="../b.db")
    assert calls.run("sqlite", op="query", path="new.db", sql="CREATE TABLE t (a)").ok
    assert (calls.workspace / "new.db").exists()


def test_tables_are_aligned_by_the_width_of_their_letters() -> None:
    assert aligned(["a", "n"], [("日本", 1), ("x", 20), (b"ab", None)]).splitlines() == [
        f"{'a':9}  {'n':>4}",
        "---------  ----",
        f"日本{'':5}  {'1':>4}",
        f"{'x':9}  {'20':>4}",
        "<2 bytes>  NULL",
    ]
    assert aligned([], []) == ""
    assert all(len(line) <= 60 for line in aligned(["a"], [("x" * 500,)]).splitlines())
