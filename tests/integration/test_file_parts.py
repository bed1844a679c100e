"""A write or an edit of the file tool, taken in parts: the accepted ones are in the file, the others in the result."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codey_tui.engine.approvals import Approvals, Decision
from codey_tui.engine.executor import Executor
from codey_tui.engine.proposing import Settled, TurnScope
from codey_tui.engine.records import Records
from codey_tui.protocol import events as ev
from codey_tui.sandbox import Limits, Rlimits
from codey_tui.store.database import Database

BEFORE = "".join(f"line {number}\r\n" for number in range(1, 31)) + "the end"
AFTER = BEFORE.replace("line 2\r", "line two\r").replace("line 28\r", "line twenty-eight\r")


class Room:
    """An executor on a folder, and a person who decides as told, after looking at what is proposed."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work"
        self.workspace.mkdir()
        self.file = self.workspace / "a.txt"
        self.file.write_bytes(BEFORE.encode())
        self.proposed: list[ev.ActionProposed] = []
        self.announced: list[str] = []
        self._folder = folder

    def call(self, args: dict[str, Any], decision: Decision, meanwhile: Callable[[], object] = lambda: None) -> Settled:
        """Call the file tool; `meanwhile` happens while the person thinks."""

        async def scenario() -> Settled:
            approvals = Approvals("ask")
            database = Database.open(self._folder / f"{time.monotonic_ns()}.db")
            executor = Executor(self.workspace, Rlimits(), Limits(), approvals, Records(database), time.time)

            def hear(event: ev.Event) -> None:
                if isinstance(event, ev.ActionProposed):
                    self.proposed.append(event)
                    meanwhile()
                    asyncio.get_running_loop().call_soon(approvals.answer, event.action.id, decision)

            scope = TurnScope("s", 1, hear, self.announced.append, lambda: None)
            try:
                return await executor.call(scope, "file", args)
            finally:
                executor.shutdown()
                database.close()

        return asyncio.run(scenario())


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


WRITE = {"op": "write", "path": "a.txt", "content": AFTER}


def test_the_parts_of_a_write_are_shown_and_only_the_accepted_ones_are_written(room: Room) -> None:
    settled = room.call(WRITE, Decision("allow", "person", hunks=(1,), reason="two is a digit here"))
    assert len(room.proposed[0].preview.hunks) == 2
    assert room.file.read_bytes() == BEFORE.replace("line 28\r", "line twenty-eight\r").encode()
    assert settled.result is not None
    assert settled.result.ok
    assert settled.result.summary == "Changed a.txt (1 of 2 parts)"
    assert "-line 2\r\n+line two\r" in settled.result.output
    assert "line twenty-eight" not in settled.result.output
    assert settled.result.output.endswith("The reason: two is a digit here")
    assert room.announced == ["a.txt"]


def test_a_whole_yes_is_the_tool_s_own_call(room: Room) -> None:
    settled = room.call(WRITE, Decision("allow", "person"))
    assert room.file.read_bytes() == AFTER.encode()
    assert settled.result is not None
    assert settled.result.output == ""
    assert "parts" not in settled.result.summary


def test_an_edit_has_parts_too(room: Room) -> None:
    search = "".join(f"line {number}\r\n" for number in range(2, 29))
    replacement = search.replace("line 2\r", "line two\r").replace("line 28\r", "line twenty-eight\r")
    args = {"op": "edit", "path": "a.txt", "search": search, "replace": replacement}
    settled = room.call(args, Decision("allow", "person", hunks=(0,)))
    assert len(room.proposed[0].preview.hunks) == 2
    assert room.file.read_bytes() == BEFORE.replace("line 2\r", "line two\r").encode()
    assert settled.result is not None
    assert settled.result.output.endswith("No reason was given.")


def test_parts_of_a_file_that_changed_meanwhile_are_not_written(room: Room) -> None:
    settled = room.call(WRITE, Decision("allow", "person", hunks=(1,)), lambda: room.file.write_text("mine now"))
    assert settled.result is not None
    assert not settled.result.ok
    assert "changed by someone else" in settled.result.summary
    assert room.file.read_text() == "mine now"


def test_parts_that_do_not_exist_change_nothing(room: Room) -> None:
    settled = room.call(WRITE, Decision("allow", "person", hunks=(7,)))
    assert settled.result is not None
    assert not settled.result.ok
    assert room.file.read_bytes() == BEFORE.encode()


@pytest.mark.parametrize(
    "args",
    [
        {"op": "write", "path": "new.txt", "content": "x\n"},
        {"op": "write", "path": "a.txt", "content": BEFORE},
        {"op": "write", "path": "a.txt", "content": "x" * (600 << 10)},
    ],
    ids=["a new file", "no change", "a change too large to show"],
)
def test_what_has_no_parts_is_asked_for_as_a_whole(room: Room, args: dict[str, Any]) -> None:
    settled = room.call(args, Decision("allow", "person"))
    assert room.proposed[0].preview.hunks == ()
    assert settled.result is not None
    assert settled.result.ok
    assert (room.workspace / args["path"]).read_bytes().decode() == args["content"]
