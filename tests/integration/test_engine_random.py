"""Random people and random models against the real engine: whatever comes in whatever order, what clients hear adds up."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codey_tui.inference.provider import ChildDied, PromptTooLong, StalledGeneration
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.actions import ApprovalMode
from tests.fakes.engine_room import EngineRoom
from tests.fakes.scripted_provider import Script, Step

PIECES = (
    "def f():\n",
    "    return 1\n",
    "print(1)\n",
    "print(1 / 0)\n",
    "```",
    "```\n",
    "Sure, here it is:\n",
    "\x1b[31m",
    "é",
)
MODES: tuple[ApprovalMode, ...] = ("plan", "ask", "auto-edit", "auto")
PROMPTS = (
    "Create Fibonacci function",
    "Create a script hello.py and run it",
    "Fix the bug in mine.py",
    "What is a stack?",
    "2 + 2",
    "execute sh -c 'echo hello; sleep 0.1; echo bye'",
    "delete the file mine.py",
    "1. Create a file a.py 2. run it",
)


class Pause:
    """A model that takes its time."""

    async def wait(self) -> None:
        """Long enough for whatever comes meanwhile."""
        await asyncio.sleep(0.02)


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(PIECES),
    st.builds(Pause),
    st.builds(lambda kind: kind("The model stopped."), st.sampled_from([ChildDied, StalledGeneration, PromptTooLong])),
)
SCRIPTS: st.SearchStrategy[list[Script]] = st.lists(st.lists(STEPS, max_size=8), max_size=6)
DOINGS = st.lists(
    st.one_of(
        st.sampled_from(PROMPTS).map(lambda text: ops.SubmitPrompt(text=text)),
        st.sampled_from(MODES).map(lambda mode: ops.SetMode(mode=mode)),
        st.sampled_from([ops.CancelTurn(), ops.CancelTurn(), ops.RetryTurn(), ops.UndoTurn(), ops.NewSession()]),
        st.sampled_from(["allow", "reject"]),  # answer what waits
        st.integers(min_value=0, max_value=20),  # let the engine go on for so many rounds
    ),
    max_size=20,
)


def durable(heard: list[ev.Envelope]) -> list[ev.Envelope]:
    """The events that must arrive."""
    return [envelope for envelope in heard if not isinstance(envelope.event, ev.DELTAS)]


class Person:
    """Answers each question once."""

    def __init__(self, room: EngineRoom) -> None:
        self._room = room
        self._answered: set[str] = set()

    def answer(self, verdict: str) -> None:
        """Answer what was asked since."""
        for plan in self._room.of(ev.PlanProposed):
            if plan.plan.id not in self._answered:
                self._answered.add(plan.plan.id)
                self._room.engine.submit(
                    ops.DecidePlan(plan_id=plan.plan.id, verdict="allow" if verdict == "allow" else "reject")
                )
        for waiting in self._room.of(ev.ActionProposed):
            if waiting.action.id not in self._answered:
                self._answered.add(waiting.action.id)
                self._room.engine.submit(
                    ops.DecideAction(action_id=waiting.action.id, verdict="allow" if verdict == "allow" else "reject")
                )


class Ledger:
    """What begins ends, once, in its turn; numbers have no gaps; nothing follows the end of a turn but its undo."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._turn: tuple[str, int] | None = None
        self._chunks: set[str] = set()
        self._actions: set[str] = set()
        self._proposed: set[str] = set()
        self._settled: set[str] = set()

    def check(self, heard: list[ev.Envelope]) -> None:
        """All that was heard, from the first event on."""
        for envelope in heard:
            if isinstance(envelope.event, ev.DELTAS):
                self._delta(envelope.event, (envelope.session, envelope.turn))
                continue
            assert envelope.seq == self._numbers.get(envelope.session, 0) + 1, envelope
            self._numbers[envelope.session] = envelope.seq
            self._event(envelope.event, (envelope.session, envelope.turn))
        assert self._turn is None

    def _event(self, event: ev.Event, where: tuple[str, int]) -> None:
        match event:
            case ev.TurnStarted():
                assert self._turn is None
                self._turn = where
            case ev.TurnEnded():
                assert self._turn == where
                assert not self._chunks
                assert not self._actions
                assert self._proposed == self._settled & self._proposed
                self._turn = None
            case ev.ChunkStarted(chunk_id=chunk):
                assert self._turn == where
                self._chunks.add(chunk)
            case ev.ChunkEnded(chunk_id=chunk):
                self._chunks.remove(chunk)
            case ev.ActionStarted(action=action):
                assert self._turn == where
                self._actions.add(action.id)
            case ev.ActionEnded(action_id=action):
                self._actions.remove(action)
            case ev.ActionProposed(action=action):
                assert action.id not in self._proposed
                self._proposed.add(action.id)
            case ev.ActionSettled(action_id=action):
                assert action not in self._settled
                self._settled.add(action)
            case _:
                return

    def _delta(self, event: ev.Event, where: tuple[str, int]) -> None:
        match event:
            case ev.TokensGenerated():
                assert self._turn == where
            case ev.ActionOutput(action_id=action):
                assert action in self._actions
            case ev.FileGrew():
                assert self._chunks
            case _:
                return


def look(workspace: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a folder, by its bytes and mode."""
    files = [place for place in workspace.rglob("*") if place.is_file()]
    return {place.relative_to(workspace).as_posix(): (place.read_bytes(), place.stat().st_mode) for place in files}


async def scenario(folder: Path, scripts: list[Script], doings: list[object]) -> None:
    fallback: list[Script] = [["x = 1\n", "```"]] * 60
    async with EngineRoom(folder, [*scripts, *fallback]) as room:
        mine = room.workspace / "mine.py"
        mine.write_text("def f():\n    return 2\n")
        mine.chmod(0o640)
        start = look(room.workspace)
        person = Person(room)
        for doing in doings:
            if isinstance(doing, int):
                for _ in range(doing):
                    await asyncio.sleep(0.001)
            elif isinstance(doing, str):
                person.answer(doing)
            else:
                room.engine.submit(doing)  # pyright: ignore[reportArgumentType]
        await asyncio.sleep(0)

        def calm() -> bool:
            person.answer("allow")
            return not room.engine.busy

        await room.until(calm, "the end of all work")
        Ledger().check(room.heard)
        assert len(room.of(ev.TurnStarted)) >= sum(isinstance(doing, ops.SubmitPrompt) for doing in doings)
        session = room.engine.status().session.id
        again: list[ev.Envelope] = []
        room.engine.listen(again.append)
        assert durable(again) == [envelope for envelope in durable(room.heard) if envelope.session == session]
        assert not list(room.state_dir.glob("growing-*"))
        for _ in range(len(room.of(ev.TurnStarted)) + 1):
            before = len(room.of(ev.TurnUndone)) + len(room.of(ev.Noticed))
            room.engine.submit(ops.UndoTurn())
            await room.until(
                lambda before=before: (
                    not room.engine.busy and len(room.of(ev.TurnUndone)) + len(room.of(ev.Noticed)) > before
                ),
                "an undo",
            )
        if len({envelope.session for envelope in room.heard}) == 1:
            assert look(room.workspace) == start


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(scripts=SCRIPTS, doings=DOINGS)
def test_whatever_comes_what_clients_hear_adds_up(scripts: list[Script], doings: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder), scripts, doings))
