"""Create the database; an existing one is kept."""

from models import query

TABLE = """CREATE TABLE IF NOT EXISTS "<|es|>" (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    notes TEXT NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)"""
USERS = """CREATE TABLE IF NOT EXISTS auth_users (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL
)"""

if __name__ == "__main__":
    query(TABLE)
    query(USERS)
    print("The database is ready.")
