"""SQLite helper: a small database of notes."""

import sqlite3


class NoteStore:
    """Notes in an SQLite database, by default in memory."""

    def __init__(self, path: str = ":memory:") -> None:
        self.connection = sqlite3.connect(path)
        with self.connection:
            self.connection.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")

    def add(self, text: str) -> None:
        """Save a note; the text must not be empty."""
        if not text.strip():
            raise ValueError("The text must not be empty.")
        with self.connection:
            self.connection.execute("INSERT INTO notes (text) VALUES (?)", (text,))

    def notes(self) -> list[tuple[int, str]]:
        """Return the number and the text of each note."""
        return self.connection.execute("SELECT rowid, text FROM notes").fetchall()


if __name__ == "__main__":
    store = NoteStore()
    for text in ("Buy milk", "Call Ada"):
        store.add(text)
    for number, text in store.notes():
        print(f"{number}: {text}")
