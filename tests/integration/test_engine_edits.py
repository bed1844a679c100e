"""Edits of files that were there before: one diff, nothing without a yes, exact bytes back with undo."""

import asyncio
from pathlib import Path

from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from tests.fakes.engine_room import EngineRoom

BEFORE = "def add(a, b):\n    return a - b\n"
GOOD = ["    return a - b\n", "=======\n", "    return a + b\n", ">>>>>>> REPLACE\n"]
REQUEST = "Fix the bug in line 2 of calc.py"


def test_an_edit_is_shown_as_a_diff_and_applied_after_a_yes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [GOOD]) as room:
            file = room.workspace / "calc.py"
            file.write_text(BEFORE)
            file.chmod(0o750)
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            assert plan.plan.chunks[0].kind == "edit"
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            proposed = await room.event(ev.ActionProposed)
            assert proposed.preview.kind == "diff"
            assert "+    return a + b" in proposed.preview.body
            assert file.read_text() == BEFORE
            room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow"))
            assert (await room.event(ev.TurnEnded)).result == "done"
            assert file.read_text() == BEFORE.replace("-", "+")
            room.engine.submit(ops.UndoTurn())
            assert (await room.event(ev.TurnUndone)).restored == ("calc.py",)
            assert file.read_text() == BEFORE
            assert file.stat().st_mode & 0o777 == 0o750

    asyncio.run(scenario())


def test_a_rejection_with_a_reason_goes_back_to_the_model(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [GOOD, GOOD]) as room:
            (room.workspace / "calc.py").write_text(BEFORE)
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            first = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=first.action.id, verdict="reject", reason="use sum()"))
            second = await room.event(ev.ActionProposed, 2)
            assert "use sum()" in room.provider.requests[1].messages[-1].text
            assert all(request.repeats for request in room.provider.requests), "an edit repeats what it was shown"
            room.engine.submit(ops.DecideAction(action_id=second.action.id, verdict="reject"))
            assert (await room.event(ev.TurnEnded)).result == "done"
            assert room.of(ev.ChunkEnded)[0].state == "skipped"
            assert (room.workspace / "calc.py").read_text() == BEFORE

    asyncio.run(scenario())


def test_a_whole_file_that_is_rejected_in_part_goes_back_to_the_model_with_the_reason(tmp_path: Path) -> None:
    """The second try starts from what was accepted of the first; a reason is not asked for twice."""
    middle = "".join(f"# line {number}\n" for number in range(12))
    before, first, second = (f"{top} = 1\n{middle}{end} = 1\n" for top, end in ["ab", "AB", "Ac"])

    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[first, "```\n"], [second, "```\n"]]) as room:
            file = room.workspace / "fibonacci.py"
            room.engine.submit(ops.SubmitPrompt(text="Create Fibonacci function"))
            plan = await room.event(ev.PlanProposed)
            chunk = plan.plan.chunks[0]
            assert (chunk.kind, chunk.path) == ("source_file", "fibonacci.py")
            file.write_text(before)  # someone else was quicker
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(chunk.id,)))
            one = await room.event(ev.ActionProposed)
            assert len(one.preview.hunks) == 2
            room.engine.submit(
                ops.DecideAction(action_id=one.action.id, verdict="allow", hunks=(0,), reason="name it c")
            )
            two = await room.event(ev.ActionProposed, 2)
            assert file.read_text() == f"A = 1\n{middle}b = 1\n"
            said = room.provider.requests[1].messages[-1].text
            assert "The reason: name it c" in said
            assert "+B = 1" in said
            room.engine.submit(ops.DecideAction(action_id=two.action.id, verdict="allow"))
            assert (await room.event(ev.TurnEnded)).result == "done"
            assert file.read_text() == second
            room.engine.submit(ops.UndoTurn())
            await room.event(ev.TurnUndone)
            assert file.read_text() == before

    asyncio.run(scenario())


def test_blocks_that_do_not_fit_or_break_the_file_are_tried_again_and_never_shown(tmp_path: Path) -> None:
    async def scenario() -> None:
        misses = ["    return x * y\n", "=======\n", "    return 1\n", ">>>>>>> REPLACE\n"]
        breaks = ["    return a - b\n", "=======\n", "    return (\n", ">>>>>>> REPLACE\n"]
        async with EngineRoom(tmp_path, [misses, breaks, GOOD]) as room:
            (room.workspace / "calc.py").write_text(BEFORE)
            ended = await room.ask(REQUEST)
            assert ended.result == "done", ended.reason
            edits = [e for e in room.of(ev.ActionProposed) if e.preview.kind == "diff"]
            assert len(edits) == 1
            assert (room.workspace / "calc.py").read_text() == BEFORE.replace("-", "+")

    asyncio.run(scenario())


def test_a_file_that_changed_while_the_diff_was_shown_is_left_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [GOOD]) as room:
            file = room.workspace / "calc.py"
            file.write_text(BEFORE)
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            proposed = await room.event(ev.ActionProposed)
            file.write_text("mine now\n")
            room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow"))
            assert (await room.event(ev.TurnEnded)).result == "failed"
            assert file.read_text() == "mine now\n"

    asyncio.run(scenario())
