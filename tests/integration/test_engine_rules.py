"""Rules and reviews through a whole engine: refused before anything is read, in parts, for good."""

import asyncio
from pathlib import Path

from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.actions import Rule
from codey_tui.protocol.queries import GetAudit, ListRules
from tests.fakes.engine_room import EngineRoom

SHIPPED = (
    Rule(tool="*", pattern="@secrets", verdict="forbid", source="default"),
    Rule(tool="*", pattern="@outside", verdict="forbid", source="default"),
)
LINES = [f"value_{n} = {n}\n" for n in range(30)]
BEFORE = "".join(LINES)
ANSWER = [
    "value_2 = 2\n=======\nvalue_2 = 'two'\n>>>>>>> REPLACE\n",
    "<<<<<<< SEARCH\nvalue_25 = 25\n=======\nvalue_25 = 'x'\n>>>>>>> REPLACE\n",
]
SECOND = ["value_25 = 25\n=======\nvalue_25 = 26\n>>>>>>> REPLACE\n"]


def test_a_part_is_applied_and_the_rejected_one_goes_back_to_the_model(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [ANSWER, SECOND]) as room:
            file = room.workspace / "calc.py"
            file.write_text(BEFORE)
            room.engine.submit(ops.SubmitPrompt(text="Fix the bug in line 2 of calc.py"))
            plan = await room.event(ev.PlanProposed)
            first = plan.plan.chunks[0].id
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(first,)))
            asked = await room.event(ev.ActionProposed)
            assert len(asked.preview.hunks) == 2
            room.engine.submit(
                ops.DecideAction(action_id=asked.action.id, verdict="allow", hunks=(0,), reason="25 must be a number")
            )
            again = await room.event(ev.ActionProposed, 2)
            assert file.read_text() == BEFORE.replace("= 2\n", "= 'two'\n", 1)
            told = room.provider.requests[1].messages[-1].text
            assert "25 must be a number" in told
            assert "+value_25 = 'x'" in told
            assert len(again.preview.hunks) == 1
            room.engine.submit(ops.DecideAction(action_id=again.action.id, verdict="allow"))
            assert (await room.event(ev.TurnEnded)).result == "done"
            assert file.read_text() == BEFORE.replace("= 2\n", "= 'two'\n", 1).replace("= 25\n", "= 26\n")
            room.engine.submit(ops.UndoTurn())
            await room.event(ev.TurnUndone)
            assert file.read_text() == BEFORE

    asyncio.run(scenario())


def test_a_part_that_does_not_exist_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [ANSWER]) as room:
            file = room.workspace / "calc.py"
            file.write_text(BEFORE)
            room.engine.submit(ops.SubmitPrompt(text="Fix the bug in line 2 of calc.py"))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            asked = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=asked.action.id, verdict="allow", hunks=(7,)))
            assert (await room.event(ev.TurnEnded)).result == "failed"
            assert file.read_text() == BEFORE

    asyncio.run(scenario())


def test_secrets_and_places_outside_are_refused_by_the_rule_and_written_down(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [], mode="auto", rules=SHIPPED) as room:
            (room.workspace / ".env").write_text("KEY=very-secret\n")
            for request in ("read .env", "run `cat .env`", "run `cat ../state/codey.db`"):
                assert (await room.ask(request)).result == "rejected", request
            settled = room.of(ev.ActionSettled)
            assert [event.decided_by for event in settled] == ["policy"] * 3
            assert all("Forbidden by the rule" in event.reason for event in settled)
            rows = await room.engine.ask(GetAudit())
            assert [(row.verdict, row.decided_by) for row in rows] == [("reject", "policy")] * 3
            assert room.of(ev.ActionProposed) == []
            assert not any("very-secret" in repr(envelope) for envelope in room.heard)

    asyncio.run(scenario())


def test_always_is_kept_for_the_folder_and_can_be_taken_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, []) as room:
            room.engine.submit(ops.SubmitPrompt(text="run `touch made`"))
            asked = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=asked.action.id, verdict="allow", scope="always"))
            await room.event(ev.TurnEnded)
        async with EngineRoom(tmp_path, [], new_session=True) as room:
            assert (await room.ask("run `touch made`")).result == "done"
            assert room.of(ev.ActionProposed) == []
            (rule,) = await room.engine.ask(ListRules())
            room.engine.submit(ops.RemoveRule(tool=rule.tool, pattern=rule.pattern))
            room.engine.submit(ops.SubmitPrompt(text="run `touch made`"))
            asked = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=asked.action.id, verdict="reject"))
            await room.event(ev.TurnEnded, 2)

    asyncio.run(scenario())
