"""Removing sessions: by the engine beside the present one, from the shell with and without an engine, after a question."""

import asyncio
import json
import sqlite3
import time
from functools import partial
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from codey_tui.bootstrap import read_sessions
from codey_tui.cli import cli
from codey_tui.cli.site import Site
from codey_tui.engine.checkpoints import Checkpoints
from codey_tui.inference.kv_store import forget
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.queries import GetAudit, GetStatus, ListSessions
from codey_tui.store.database import Database
from tests.fakes.engine_room import EngineRoom
from tests.fakes.real_codey import RealCodey
from tests.fakes.shell import codey, codey_at_a_terminal

DAY = 86400.0


def states(folder: Path, *sessions: str) -> None:
    """A file for each as models leave it that have read a session."""
    folder.mkdir(parents=True, exist_ok=True)
    for session in sessions:
        (folder / f"0123456789abcdef.{session}.kv").write_bytes(b"x" * 1000)


def test_an_engine_removes_a_session_with_all_that_is_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        kv = tmp_path / "kv"
        async with EngineRoom(tmp_path, forget=partial(forget, kv)) as room:
            first = room.engine.status().session.id
            assert (await room.ask("create a folder called demo")).result == "done"
            room.engine.submit(ops.NewSession())
            await room.event(ev.SessionOpened, 2)
            second = room.engine.status().session.id
            assert (await room.ask("create a folder called other")).result == "done"
            states(kv, first, second)
            checkpoints = room.state_dir / "checkpoints"
            assert {place.name for place in checkpoints.iterdir()} == {first, second}

            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            removed = await room.event(ev.SessionsRemoved)
            assert removed.sessions == (first,) and "audit table" in removed.text
            assert [held.id for held in await room.engine.ask(ListSessions())] == [second]
            assert [place.name for place in checkpoints.iterdir()] == [second]
            assert [file.name.split(".")[1] for file in kv.iterdir()] == [second]
            assert {row.session for row in await room.engine.ask(GetAudit())} == {first, second}
            assert (room.workspace / "demo").is_dir(), "what it made stays"

            room.engine.submit(ops.OpenSession(session=first))
            assert "no session" in (await room.event(ev.Noticed)).text
            room.engine.submit(ops.UndoTurn())
            assert (await room.event(ev.TurnUndone)).removed == ("other",), "the present session is whole"

    asyncio.run(scenario())


def test_what_is_open_or_unknown_is_not_removed_and_nothing_while_a_turn_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            first = room.engine.status().session.id
            await room.ask("create a folder called demo")
            room.engine.submit(ops.NewSession())
            await room.event(ev.SessionOpened, 2)
            present = room.engine.status().session.id
            room.engine.submit(ops.RemoveSessions(sessions=(first, present)))
            assert f"{present} is open" in (await room.event(ev.Noticed)).text
            room.engine.submit(ops.SubmitPrompt(text="execute sh -c 'echo started; sleep 1000'"))
            await room.event(ev.ActionProposed, 2)
            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            assert "while a turn runs" in (await room.event(ev.Noticed, 2)).text
            room.engine.submit(ops.CancelTurn())
            await room.event(ev.TurnEnded, 1)
            await room.until(lambda: not room.engine.busy)
            assert first in [held.id for held in await room.engine.ask(ListSessions())]
            room.engine.submit(ops.RemoveSessions(sessions=(first, "nobody's")))
            assert (await room.event(ev.SessionsRemoved)).sessions == (first,)
            assert "no session nobody's" in (await room.event(ev.Noticed, 3)).text

    asyncio.run(scenario())


def test_a_session_that_cannot_be_removed_whole_stays_and_can_be_removed_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        refusing = [True]

        def forget_it(session: str) -> None:
            if refusing:
                raise PermissionError(13, "Permission denied", session)

        async with EngineRoom(tmp_path, forget=forget_it) as room:
            first = room.engine.status().session.id
            room.engine.submit(ops.NewSession())
            await room.event(ev.SessionOpened, 2)
            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            assert "Permission denied" in (await room.event(ev.Noticed)).text
            refusing.clear()
            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            assert (await room.event(ev.SessionsRemoved)).sessions == (first,)

    asyncio.run(scenario())


def test_nothing_is_removed_while_the_disk_takes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, busy_timeout_s=0.01) as room:
            first = room.engine.status().session.id
            room.engine.submit(ops.NewSession())
            await room.event(ev.SessionOpened, 2)
            other = sqlite3.connect(room.state_dir / "codey.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            room.engine.submit(ops.SetMode(mode="plan"))
            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            await room.until(lambda: any("No session was removed" in notice.text for notice in room.of(ev.Noticed)))
            other.execute("ROLLBACK")
            other.close()
            room.engine.submit(ops.RemoveSessions(sessions=(first,)))
            assert (await room.event(ev.SessionsRemoved)).sessions == (first,)

    asyncio.run(scenario())


def remember(site: Site, *ages: float) -> list[str]:
    """Sessions that were last used so many days ago, with what belongs to them; their ids."""
    database = Database.open(site.paths.database(site.workspace))
    found: list[SessionInfo] = []
    for number, age in enumerate(ages):
        at = time.time() - age * DAY
        held = database.sessions.create(at, f"Session {number}")
        database.sessions.touch(held.id, at, 1)
        database.journal.append(1, held.id, 0, at, msgspec.json.encode(ev.Noticed(level="info", text="Hello.")))
        Checkpoints(site.paths.checkpoints(site.workspace) / held.id, site.workspace).before(1, "a.txt")
        found.append(held)
    database.close()
    states(site.paths.prompt_states, *(held.id for held in found))
    return [held.id for held in found]


def left(site: Site) -> tuple[list[str], list[str], list[str]]:
    """The sessions that are there, those with checkpoints, and those that models have read."""
    return (
        sorted(held.id for held in read_sessions(site.paths, site.workspace)),
        sorted(place.name for place in site.paths.checkpoints(site.workspace).iterdir()),
        sorted(file.name.split(".")[1] for file in site.paths.prompt_states.iterdir()),
    )


def test_the_shell_removes_sessions_where_no_engine_runs_also_the_last_one(site: Site) -> None:
    one, two, three = remember(site, 40, 10, 0)
    unknown = codey("sessions", "remove", one, "nobody's", "--yes", cwd=site.workspace)
    assert unknown.returncode == 2
    assert "no session nobody's" in unknown.stderr
    asked = codey("sessions", "remove", one, cwd=site.workspace)
    assert asked.returncode == 2
    assert "Say --yes" in asked.stderr
    for args in ((), (one, "--older-than", "3")):
        neither = CliRunner().invoke(cli, ["sessions", "remove", *args, "--yes"])
        assert neither.exit_code == 2
        assert "one of the two" in neither.output
    assert left(site) == (sorted([one, two, three]),) * 3, "nothing was removed so far"

    none = codey("sessions", "remove", "--older-than", "50", "--yes", cwd=site.workspace)
    assert (none.returncode, none.stderr) == (0, "") and "for 50 days" in none.stdout
    by_age = codey("sessions", "remove", "--older-than", "30", "--yes", cwd=site.workspace)
    assert (by_age.returncode, by_age.stderr) == (0, ""), by_age.stderr
    assert f"The session {one} is removed" in by_age.stdout and "audit table" in by_age.stdout
    assert left(site) == (sorted([two, three]),) * 3
    listed = json.loads(codey("sessions", "list", "--json", cwd=site.workspace).stdout)
    assert [held["id"] for held in listed] == [three, two]
    rest = codey("sessions", "remove", two, three, two, "--yes", cwd=site.workspace)
    assert "2 sessions are removed" in rest.stdout
    assert left(site) == ([], [], [])


@pytest.mark.terminal
def test_at_a_terminal_it_asks_first(site: Site) -> None:
    (one,) = remember(site, 1)
    status, said = codey_at_a_terminal("sessions", "remove", one, answers="n\n", cwd=site.workspace)
    assert status == 130 and "Session 0" in said and "for good" in said and "Remove it? [y/N]" in said
    assert left(site)[0] == [one]
    status, said = codey_at_a_terminal("sessions", "remove", one, answers="y\n", cwd=site.workspace)
    assert (status, "is removed" in said) == (0, True)
    assert left(site)[0] == []


def test_the_shell_goes_through_an_engine_that_runs_and_its_session_stays(tmp_path: Path) -> None:
    with RealCodey(tmp_path) as real:
        first = real.client.ask_now(GetStatus()).session.id
        real.client.submit(ops.NewSession())
        present = real.client.ask_now(GetStatus()).session.id
        args = {"cwd": real.workspace, "env": real.env}
        refused = codey("sessions", "remove", first, present, "--yes", **args)
        assert refused.returncode == 2 and f"{present} is open" in refused.stderr
        by_age = codey("sessions", "remove", "--older-than", "0", "--yes", **args)
        assert by_age.returncode == 0 and f"The session {first} is removed" in by_age.stdout
        assert f"{present} is open" in by_age.stderr
        assert [held.id for held in real.client.ask_now(ListSessions())] == [present]
