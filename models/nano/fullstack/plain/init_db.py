"""Create the database; an existing one is kept."""

from models import query

TABLE = """CREATE TABLE IF NOT EXISTS "<|es|>" (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    notes TEXT NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)"""

if __name__ == "__main__":
    query(TABLE)
    print("The database is ready.")
