"""The workflows that the documentation promises, through the real engine, on real repositories and databases."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.actions import ApprovalMode
from tests.fakes.engine_room import EngineRoom
from tests.fakes.git_place import GitPlace

STEPS = "1. git pull 2. run tests 3. if pass, git push"


def users(place: Path) -> None:
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    database.executemany("INSERT INTO users (name) VALUES (?)", [("Ada",), ("Grace",)])
    database.commit()
    database.close()


def prepare(folder: Path) -> GitPlace:
    """A repository with a database, a configuration, a passing test and a TODO."""
    work = folder / "work"
    place = GitPlace(folder, work)
    users(work / "users.db")
    (work / "config.json").write_text('{"name": "codey"}\n')
    (work / "main.py").write_text("x = 1  # TODO: more\n")
    (work / "checks").mkdir()
    (work / "checks" / "test_it.py").write_text("def test_it():\n    assert True\n")
    return place


@pytest.mark.parametrize(
    ("request_text", "tool", "expected"),
    [
        ("git status", "git", ["On main, level with origin/main", "config.json", "Untracked"]),
        ("git log", "git", ["first"]),
        ("show me the git log", "git", ["first"]),
        ("git diff", "git", ["0 changed files"]),
        ("read config.json", "file", ['"name": "codey"']),
        ("list files", "file", ["checks/", "config.json", "main.py"]),
        ("sqlite schema users.db", "sqlite", ["CREATE TABLE users"]),
        ("show the tables in users.db", "sqlite", ["users  table     2"]),
        ('sqlite query users.db "SELECT * FROM users"', "sqlite", ["id  name", "Ada", "Grace", "2 rows"]),
        ("search for TODO", "search", ["main.py:1: x = 1  # TODO: more"]),
        ("find all TODO comments", "search", ["main.py:1:"]),
        ("describe the environment", "environment", ["no virtual environment"]),
    ],
)
def test_what_only_looks_asks_nobody_and_prints_its_result(
    tmp_path: Path, request_text: str, tool: str, expected: list[str]
) -> None:
    prepare(tmp_path)

    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            ended = await room.ask(request_text)
            assert ended.result == "done", ended.reason
            assert [event.action.tool for event in room.of(ev.ActionStarted)] == [tool]
            assert not room.of(ev.ActionProposed)
            result = room.of(ev.ActionEnded)[-1].result
            said = f"{result.summary}\n{result.output}"
            assert all(text in said for text in expected), said

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("run pytest checks/", "1 passed"),
        ('execute grep -r "TODO" .', "main.py:x = 1  # TODO: more"),
        ("run pydoc json", "JSON"),
        ("python: print(6 * 7)", "42"),
    ],
)
def test_what_runs_asks_and_prints_what_the_program_printed(tmp_path: Path, request_text: str, expected: str) -> None:
    prepare(tmp_path)

    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            ended = await room.ask(request_text)
            assert ended.result == "done", ended.reason
            assert len(room.of(ev.ActionProposed)) == 1
            assert expected in room.of(ev.ActionEnded)[-1].result.output

    asyncio.run(scenario())


def test_a_directory_is_created_and_undone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="auto-edit") as room:
            ended = await room.ask("create a directory named 'tests'")
            assert ended.result == "done", ended.reason
            assert (room.workspace / "tests").is_dir()
            assert not room.of(ev.ActionProposed)

    asyncio.run(scenario())


def test_a_commit_and_a_query_that_writes_ask_first(tmp_path: Path) -> None:
    place = prepare(tmp_path)
    (place.workspace / "README.md").write_text("changed\n")
    before = (place.workspace / "users.db").read_bytes()

    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            ended = await room.ask("commit all changes with message 'say more'")
            assert ended.result == "done", ended.reason
            ended = await room.ask('sqlite query users.db "DELETE FROM users"', action="reject")
            assert ended.result == "rejected"
            assert (place.workspace / "users.db").read_bytes() == before
            ended = await room.ask('sqlite query users.db "DELETE FROM users"')
            result = room.of(ev.ActionEnded)[-1].result
            assert "2 rows changed" in f"{result.summary}\n{result.output}"
            assert len(room.of(ev.ActionProposed)) == 3

    asyncio.run(scenario())
    assert place.git("log", "--format=%s").splitlines() == ["say more", "first"]


@pytest.mark.parametrize("passing", [True, False])
@pytest.mark.parametrize("mode", ["ask", "auto"])
def test_the_push_waits_for_the_tests(tmp_path: Path, passing: bool, mode: ApprovalMode) -> None:
    work = tmp_path / "work"
    place = GitPlace(tmp_path, work)
    place.from_elsewhere("theirs.txt", "theirs\n", "from elsewhere")
    place.commit("tests/test_it.py", f"def test_it():\n    assert {passing}\n", "a test")
    place.git("config", "pull.rebase", "true")

    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode=mode) as room:
            ended = await room.ask(STEPS)
            chunks = room.of(ev.PlanProposed)[0].plan.chunks
            assert [(chunk.tool, chunk.command) for chunk in chunks] == [
                ("git", "git pull"),
                ("", "python3 -m pytest"),
                ("git", "git push"),
            ]
            states = [event.state for event in room.of(ev.ChunkEnded)]
            assert (work / "theirs.txt").exists()
            if passing:
                assert (ended.result, states) == ("done", ["done", "done", "done"]), ended.reason
            else:
                assert (ended.result, states) == ("failed", ["done", "failed", "skipped"])
                assert "did not run `git push`" in room.of(ev.MessageAdded)[-1].message.text.lower()

    asyncio.run(scenario())
    expected = ["a test"] if passing else []
    assert place.remote_log == [*expected, "from elsewhere", "first"]


def test_an_unknown_tool_falls_back_to_what_codey_can_do(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["It is a tool that does not exist.", "```"]]) as room:
            ended = await room.ask("tool: fix_code")
            assert ended.result in {"done", "failed"}
            assert not room.of(ev.ActionStarted)
            assert "There is no tool" not in ended.reason

    asyncio.run(scenario())


def test_the_same_call_for_the_third_time_in_a_row_asks(tmp_path: Path) -> None:
    """Also in a mode that would let it through."""
    prepare(tmp_path)

    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="auto") as room:
            ended = await room.ask("1. git status 2. git status 3. git status", action="reject", reason="enough")
            assert len(room.of(ev.ActionStarted)) == 2
            asked = room.of(ev.ActionProposed)
            assert len(asked) == 1
            assert "once more" in asked[0].risk.reason
            assert [event.state for event in room.of(ev.ChunkEnded)] == ["done", "done", "skipped"]
            assert ended.result == "done"

    asyncio.run(scenario())


def test_what_a_tool_changed_is_undone_byte_for_byte(tmp_path: Path) -> None:
    place = prepare(tmp_path)
    (place.workspace / "README.md").write_text("mine, not committed\n")
    before = {path: (place.workspace / path).read_bytes() for path in ("users.db", "README.md")}

    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            for count, request in enumerate(('sqlite query users.db "DELETE FROM users"', "git restore README.md"), 1):
                ended = await room.ask(request)
                assert ended.result == "done", ended.reason
                assert any((place.workspace / path).read_bytes() != data for path, data in before.items())
                room.engine.submit(ops.UndoTurn())
                await room.event(ev.TurnUndone, count)
                assert {path: (place.workspace / path).read_bytes() for path in before} == before

    asyncio.run(scenario())
