"""The database file: what it survives, what it refuses, and what it puts right."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codey_tui.protocol.models import Figures
from codey_tui.store import Database, StoreError

WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from codey_tui.store import Database
journal = Database.open(Path(sys.argv[1])).journal
seq = journal.last_seq("s")
while True:
    seq += 1
    journal.append(seq, "s", 1, 0.0, b'{"n": %d}' % seq)
    print(seq, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "codey.db"


def damage(file: Path) -> None:
    """Overwrite the middle of the file, as a failing disk would."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(size // 3)
        stream.write(os.urandom(size // 3))


def test_a_new_file_is_private_and_durable(file: Path) -> None:
    database = Database.open(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert database.notices == ()
    database.close()
    database.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_what_was_written_is_there_after_opening_again(file: Path) -> None:
    database = Database.open(file)
    session = database.sessions.create(10.0)
    database.journal.append(1, session.id, 0, 10.0, b"{}")
    database.close()
    again = Database.open(file)
    assert again.sessions.last() == session
    assert again.journal.last_seq(session.id) == 1
    again.close()


def test_nothing_that_was_acknowledged_is_lost_to_a_kill(file: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITE_UNTIL_KILLED, str(file)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(50):
        acknowledged = int(writer.stdout.readline())
    writer.kill()
    acknowledged = int((writer.stdout.read().split() or [acknowledged])[-1])
    writer.wait()
    writer.stdout.close()
    database = Database.open(file)
    rows = database.journal.read("s")
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= acknowledged
    database.close()


def test_many_threads_may_write(file: Path) -> None:
    database = Database.open(file)

    def write(session: str) -> None:
        for seq in range(1, 21):
            database.journal.append(seq, session, 1, 0.0, "{}")

    threads = [threading.Thread(target=write, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [database.journal.last_seq(f"s{number}") for number in range(4)] == [20] * 4
    database.close()


def test_two_processes_may_open_a_new_file_at_once(file: Path) -> None:
    script = "import sys; from pathlib import Path; from codey_tui.store import Database; Database.open(Path(sys.argv[1])).close()"
    both = [subprocess.Popen([sys.executable, "-c", script, str(file)], stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _, errors = process.communicate()
        assert process.returncode == 0, errors.decode()


@pytest.mark.parametrize("way", ["rubbish", "damaged"])
def test_a_damaged_file_is_moved_aside_and_told(file: Path, way: str) -> None:
    database = Database.open(file)
    session = database.sessions.create(1.0).id
    for turn in range(300):
        database.figures.put(session, turn, 1.0, "done", Figures(files=("x" * 100,)))
    database.close()
    if way == "rubbish":
        file.write_bytes(b"this is no database" * 400)
    else:
        damage(file)
    content = file.read_bytes()
    repaired = Database.open(file)
    (notice,) = repaired.notices
    (aside,) = [
        found
        for found in file.parent.iterdir()
        if ".corrupt-" in found.name and found.name[-4:] not in ("-wal", "-shm")
    ]
    assert str(aside) in notice
    assert aside.read_bytes() == content, "what was damaged is kept to the byte"
    assert repaired.sessions.list() == []
    repaired.sessions.create(2.0)
    repaired.close()


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    Database.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('codey', 'from_the_future', '')"
        )
    connection.close()
    with pytest.raises(StoreError, match=r"newer Codey .*from_the_future"):
        Database.open(file)
    assert [found.name for found in file.parent.iterdir() if "corrupt" in found.name] == []


def test_a_locked_file_gets_a_sentence(file: Path) -> None:
    database = Database.open(file, busy_timeout_s=0.1)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="Another program holds"):
        database.sessions.create(1.0)
    other.execute("ROLLBACK")
    other.close()
    database.sessions.create(1.0)
    database.close()


def test_a_full_disk_gets_a_sentence_and_loses_nothing(file: Path) -> None:
    """The disk is full for one process: RLIMIT_FSIZE stops its files from growing."""
    Database.open(file).close()
    script = (
        "import sys; from pathlib import Path; from codey_tui.store import Database, StoreError\n"
        "journal = Database.open(Path(sys.argv[1])).journal\n"
        "seq = 0\n"
        "try:\n"
        "    while True:\n"
        "        journal.append(seq + 1, 's', 1, 0.0, '\"' + 'x' * 50_000 + '\"')\n"
        "        seq += 1\n"
        "except StoreError as error:\n"
        "    print(seq, error)\n"
    )
    limit = 1 << 20
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    written, _, sentence = done.stdout.partition(" ")
    assert sentence.startswith(f"The disk that holds {file} is full or failing"), done.stderr
    database = Database.open(file)
    assert database.journal.last_seq("s") == int(written) > 0
    database.journal.append(int(written) + 1, "s", 1, 0.0, "{}")
    database.close()


def test_a_folder_that_cannot_be_used_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Database.open(tmp_path / "file" / "codey.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Database.open(tmp_path / "folder.db")


def test_a_closed_database_says_so(file: Path) -> None:
    database = Database.open(file)
    database.close()
    with pytest.raises(StoreError, match="closed already"):
        database.sessions.list()
    with pytest.raises(StoreError, match="closed already"):
        database.sessions.create(1.0)


def test_importing_the_store_does_not_load_sqlite_utils() -> None:
    script = "import sys, codey_tui.store; sys.exit('sqlite_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
