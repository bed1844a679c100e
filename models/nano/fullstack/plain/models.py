"""<|Ts|> in SQLite: the statements and the function that runs them."""

import sqlite3

ALL = 'SELECT * FROM "<|es|>" ORDER BY id DESC'
ADD = 'INSERT INTO "<|es|>" (name, notes) VALUES (?, ?) RETURNING *'
UPDATE = 'UPDATE "<|es|>" SET name = ?, notes = ? WHERE id = ? RETURNING *'
DELETE = 'DELETE FROM "<|es|>" WHERE id = ? RETURNING *'


def query(sql, *values):
    """Run sql and return the rows as dictionaries."""
    with sqlite3.connect("app.db") as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql, values)]
