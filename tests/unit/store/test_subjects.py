"""Sessions, journal, messages, plans, audit and figures: what goes in comes out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codey_tui.protocol.actions import AuditRow
from codey_tui.protocol.chat import Message
from codey_tui.protocol.models import Figures
from codey_tui.protocol.plan import Chunk, Plan
from codey_tui.store import Database, StoreError
from codey_tui.store.conversations import Saying


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "codey.db")
    yield opened
    opened.close()


def test_sessions_the_last_used_first(database: Database) -> None:
    assert database.sessions.last() is None
    first = database.sessions.create(100.0)
    second = database.sessions.create(200.0, "Second")
    assert first.id != second.id
    assert database.sessions.last() == second
    database.sessions.touch(first.id, 300.0, 4)
    database.sessions.touch(first.id, 250.0)
    last = database.sessions.last()
    assert last is not None
    assert (last.id, last.updated, last.turns) == (first.id, 300.0, 4)
    assert database.sessions.name(first.id, "First").title == "First"
    assert [session.title for session in database.sessions.list()] == ["First", "Second"]
    assert len(database.sessions.list(1)) == 1
    assert database.sessions.get("nope") is None
    with pytest.raises(StoreError, match="no session nope"):
        database.sessions.name("nope", "x")


def test_a_session_is_removed_with_all_that_is_its_own_and_its_actions_stay(tmp_path: Path) -> None:
    file = tmp_path / "codey.db"
    database = Database.open(file)
    went, stays = (database.sessions.create(at, title) for at, title in ((1.0, "Went"), (2.0, "Stays")))
    for held in (went, stays):
        said = f"words of {held.title} " * 400
        database.journal.append(1, held.id, 1, 1.0, f'{{"text":"{said}"}}')
        database.messages.put(held.id, 1, Message(id="m", role="user", text=said, at=1.0))
        database.conversations.add(held.id, [Saying(position=0, role="user", text=said)])
        database.plans.put(held.id, 1, 1.0, Plan(id=f"plan of {held.id}", request=said, chunks=()))
        database.figures.put(held.id, 1, 1.0, "done", Figures())
        database.audit.open_row(
            AuditRow(
                action_id=held.id, session=held.id, turn=1, at=1.0, tool="shell", args={}, preview="ls", risk="read"
            )
        )
    database.sessions.remove(went.id)
    assert [held.id for held in database.sessions.list()] == [stays.id]
    for parts in (database.journal.read, database.messages.list, database.conversations.list, database.figures.list):
        assert (len(parts(went.id)), len(parts(stays.id))) == (0, 1)
    assert database.plans.of_turn(went.id, 1) is None and database.plans.of_turn(stays.id, 1) is not None
    assert [row.session for row in database.audit.list()] == [went.id, stays.id]
    database.close()
    content = file.read_bytes()
    assert b"words of Stays" in content
    assert b"words of Went" not in content, "nothing lingers in free pages"


def test_sessions_begun_in_the_same_second_differ(database: Database) -> None:
    created = [database.sessions.create(100.0).id for _ in range(20)]
    assert len(set(created)) == 20
    assert database.sessions.list(1)[0].id == created[-1]


def test_journal_is_read_from_any_point(database: Database) -> None:
    for seq in range(1, 6):
        database.journal.append(seq, "a", 1, float(seq), b'{"type":"Noticed","text":"\xc3\xa4"}')
    database.journal.append(1, "b", 2, 9.0, "{}")
    assert [row.seq for row in database.journal.read("a", 3)] == [4, 5]
    assert database.journal.read("a")[0].event == '{"type":"Noticed","text":"ä"}'
    assert (database.journal.last_seq("a"), database.journal.last_seq("b"), database.journal.last_seq("c")) == (5, 1, 0)
    with pytest.raises(StoreError):
        database.journal.append(5, "a", 1, 0.0, "{}")
    assert len(database.journal.read("a")) == 5


def test_messages_keep_their_order_and_place(database: Database) -> None:
    for number in range(3):
        database.messages.put("s", 1, Message(id=str(number), role="user", text=f"text {number}", at=1.0))
    database.messages.put("s", 1, Message(id="1", role="assistant", text="changed", at=2.0))
    assert [message.text for message in database.messages.list("s")] == ["text 0", "changed", "text 2"]
    assert [message.id for message in database.messages.list("s", 2)] == ["1", "2"]
    assert database.messages.list("other") == []


def test_plans_the_first_answer_counts(database: Database) -> None:
    chunk = Chunk(id="c", kind="source_file", title="Write a.py", path="a.py")
    plan = Plan(id="p", request="make a", chunks=(chunk,))
    database.plans.put("s", 3, 1.0, plan)
    stored = database.plans.get("p")
    assert stored is not None
    assert (stored.plan, stored.verdict, stored.turn) == (plan, None, 3)
    assert database.plans.decide("p", "allow", ("c",), "person")
    assert not database.plans.decide("p", "reject", (), "person")
    settled = database.plans.of_turn("s", 3)
    assert settled is not None
    assert (settled.verdict, settled.chunks, settled.decided_by) == ("allow", ("c",), "person")
    assert database.plans.get("other") is None
    assert database.plans.of_turn("s", 4) is None


def test_audit_row_from_proposal_to_end(database: Database) -> None:
    row = AuditRow(
        action_id="a", session="s", turn=1, at=1.0, tool="shell", args={"command": "ls"}, preview="ls", risk="execute"
    )
    database.audit.open_row(row)
    assert database.audit.get("a") == row
    with pytest.raises(StoreError):
        database.audit.open_row(row)
    assert database.audit.settle("a", "allow", "session", "person", 2.0, "fine")
    assert not database.audit.settle("a", "reject", "once", "person", 3.0)
    database.audit.close("a", "done", sandbox="bubblewrap", exit_code=0, seconds=0.5, bytes_out=7, hash_after="ff")
    (found,) = database.audit.list("s")
    assert (found.verdict, found.scope, found.decided_by, found.decided_at) == ("allow", "session", "person", 2.0)
    assert (found.outcome, found.sandbox, found.exit_code, found.bytes_out, found.hash_after) == (
        "done",
        "bubblewrap",
        0,
        7,
        "ff",
    )


def test_audit_of_one_session_or_all_the_latest_last(database: Database) -> None:
    for number in range(5):
        database.audit.open_row(
            AuditRow(
                action_id=str(number),
                session="even" if number % 2 == 0 else "odd",
                turn=1,
                at=1.0,
                tool="file",
                args={},
                preview="",
                risk="read",
            )
        )
    assert [row.action_id for row in database.audit.list("odd")] == ["1", "3"]
    assert [row.action_id for row in database.audit.list(limit=2)] == ["3", "4"]
    assert database.audit.close_interrupted() == 5
    assert {row.outcome for row in database.audit.list()} == {"interrupted"}
    assert database.audit.get("other") is None


def test_figures_of_a_turn_are_replaced_by_its_retry(database: Database) -> None:
    database.figures.put("s", 1, 1.0, "failed", Figures(tokens_out=1))
    database.figures.put("s", 2, 2.0, "done", Figures(tokens_out=2))
    database.figures.put("s", 1, 3.0, "done", Figures(tokens_out=3, files=("a.py",)))
    rows = database.figures.list("s")
    assert [(row.turn, row.result, row.figures.tokens_out) for row in rows] == [(2, "done", 2), (1, "done", 3)]
    assert rows[1].figures.files == ("a.py",)
    assert len(database.figures.list()) == 2
