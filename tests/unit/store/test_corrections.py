"""Corrected routes are kept, in order, and an older database gets their table."""

from pathlib import Path

from codey_tui.store.corrections import Correction
from codey_tui.store.database import Database


def _correction(text: str, turn: int) -> Correction:
    return Correction(text=text, kind="question", was="code", decided_by="linear", at=1.5, session="s", turn=turn)


def test_corrections_survive_in_order(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "codey.db")
    for turn in (1, 2):
        database.corrections.add(_correction(f"request {turn}", turn))
    database.close()
    again = Database.open(tmp_path / "codey.db")
    assert again.corrections.list() == [_correction("request 1", 1), _correction("request 2", 2)]
    again.close()


def test_a_database_from_before_gets_the_table(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "codey.db")
    with database._connection.transaction() as connection:
        connection.execute("DROP TABLE corrections")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'corrections_of_routes'")
    database.close()
    newer = Database.open(tmp_path / "codey.db")
    assert newer.corrections.list() == []
    newer.corrections.add(_correction("x", 1))
    newer.close()
