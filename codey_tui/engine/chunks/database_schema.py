"""The chunks that write a database's tables and the script that creates them."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="database_schema",
    ceiling=192,
    title="Database models",
    instruction="Write the SQLite tables and the functions that read and change them, with the sqlite3 module.",
    path="models.py",
    language="python",
)
INIT = ChunkSpec(
    kind="database_schema",
    ceiling=192,
    title="Database init",
    instruction="Write the script that creates the SQLite database with the tables of models.py.",
    path="init_db.py",
    language="python",
)
