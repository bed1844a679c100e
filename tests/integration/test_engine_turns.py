"""Whole turns through the real engine: plan, growing file, command, edit, undo, and what can go wrong on the way."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from codey_tui.engine.coder import Honesty
from codey_tui.inference.provider import ChildDied
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from tests.fakes.engine_room import EngineRoom

PROGRAM = [
    "def fibonacci(n: int) -> list[int]:\n",
    "    numbers = [0, 1]\n",
    "    while len(numbers) < n:\n",
    "        numbers.append(numbers[-1] + numbers[-2])\n",
    "    return numbers[:n]\n",
    "\n\n",
    'if __name__ == "__main__":\n',
    "    print(fibonacci(10))\n",
    "```",
]
REQUEST = "Create Fibonacci function"


def names(room: EngineRoom) -> list[str]:
    """What lies in the workspace."""
    return sorted(place.name for place in room.workspace.iterdir())


def test_a_request_becomes_a_plan_a_file_a_run_and_a_report(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "done", ended.reason
            assert (room.workspace / "fibonacci.py").read_text() == "".join(PROGRAM[:-1])
            assert ended.figures.files == ("fibonacci.py",)
            result = room.of(ev.ActionEnded)[-1].result
            assert result.exit_code == 0
            assert "[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]" in result.output
            said = room.of(ev.MessageAdded)[-1].message.text
            assert "Ran `python3 fibonacci.py`" in said
            assert "34" not in said, "what a command printed stands in its action and not a second time"
            names = [type(e.event).__name__ for e in room.heard if not isinstance(e.event, ev.DELTAS)]
            first = [
                n for n in names if n in {"RouteChosen", "PlanProposed", "PlanDecided", "FileWritten", "TurnEnded"}
            ]
            assert first == ["RouteChosen", "PlanProposed", "PlanDecided", "FileWritten", "TurnEnded"]

    asyncio.run(scenario())


def test_the_file_grows_at_its_real_path_and_deltas_add_up_to_its_content(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], gate, *PROGRAM[3:]]]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            assert not (room.workspace / "fibonacci.py").exists()
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=(plan.plan.chunks[0].id,)))
            await room.event(ev.FileGrew, 2)
            partial = (room.workspace / "fibonacci.py").read_text()
            assert 0 < len(partial) < len("".join(PROGRAM[:-1]))
            late: list[ev.Envelope] = []
            room.engine.listen(late.append)
            opened = [e.event for e in late if isinstance(e.event, ev.TokensGenerated)]
            assert len(opened) == 1
            assert opened[0].offset == 0
            gate.set()
            await room.event(ev.TurnEnded)
            text = ""
            for delta in [e.event for e in late if isinstance(e.event, ev.TokensGenerated)]:
                text = text[: delta.offset] + delta.text
            assert text == (room.workspace / "fibonacci.py").read_text() == room.of(ev.ChunkEnded)[0].content

    asyncio.run(scenario())


def test_undo_removes_the_file_and_the_folders_that_were_made_for_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            (room.workspace / "mine.txt").write_text("mine")
            await room.ask("Create Fibonacci function in src/deep/fibonacci.py")
            assert (room.workspace / "src/deep/fibonacci.py").exists()
            room.engine.submit(ops.UndoTurn())
            undone = await room.event(ev.TurnUndone)
            assert "src/deep/fibonacci.py" in undone.removed
            assert names(room) == ["mine.txt"]

    asyncio.run(scenario())


def test_a_step_that_was_moved_before_what_it_needs_is_told_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = (await room.event(ev.PlanProposed)).plan
            turned = tuple(chunk.id for chunk in reversed(plan.chunks))
            room.engine.submit(ops.DecidePlan(plan_id=plan.id, verdict="allow", chunks=turned))
            await room.event(ev.TurnEnded)
            first = room.of(ev.ChunkEnded)[0]
            assert first.state == "skipped"
            assert first.reason == f"“{plan.chunks[0].title}” comes only after it"

    asyncio.run(scenario())


def test_a_rejected_plan_spends_no_token_and_writes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            ended = await room.ask(REQUEST, plan="reject", reason="not now")
            assert ended.result == "rejected"
            assert "not now" in ended.reason
            assert names(room) == []
            assert room.provider.requests == []

    asyncio.run(scenario())


def test_plan_mode_shows_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="plan") as room:
            assert (await room.ask(REQUEST)).result == "rejected"
            assert names(room) == []

    asyncio.run(scenario())


def test_a_rejected_command_leaves_the_file_and_ends_well(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            ended = await room.ask(REQUEST, action="reject")
            assert ended.result == "done"
            assert [event.state for event in room.of(ev.ChunkEnded)] == ["done", "skipped"]
            assert (room.workspace / "fibonacci.py").exists()

    asyncio.run(scenario())


def test_a_file_that_does_not_parse_goes_back_to_the_model_with_the_error(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["def broken(:\n", "    pass\n", "```"], PROGRAM]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "done", ended.reason
            assert [event.ok for event in room.of(ev.VerificationEnded)] == [False, True]
            repair = room.provider.requests[1].messages
            assert [request.repeats for request in room.provider.requests] == [False, True]
            assert [turn.role for turn in repair] == ["system", "user", "assistant", "user"]
            assert "def broken(:" in repair[2].text
            assert "line 1" in repair[3].text
            assert "fibonacci(10)" in (room.workspace / "fibonacci.py").read_text()

    asyncio.run(scenario())


def test_a_program_that_fails_when_run_is_repaired_and_run_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["print(1 / 0)\n", "```"], PROGRAM]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "done", ended.reason
            assert [event.result.ok for event in room.of(ev.ActionEnded)] == [False, True]
            assert "ZeroDivisionError" in room.provider.requests[1].messages[-1].text

    asyncio.run(scenario())


def test_repairs_are_bounded(tmp_path: Path) -> None:
    async def scenario() -> None:
        bad = ["def broken(:\n", "```"]
        async with EngineRoom(tmp_path, [bad, bad, bad]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert "fibonacci.py fails its check" in ended.reason
            assert len(room.provider.requests) == 3

    asyncio.run(scenario())


@pytest.mark.parametrize("script", [["x = 1\n"] * 60, ["```"], []], ids=["loop", "fence only", "nothing"])
def test_a_loop_or_an_empty_answer_leaves_no_file(tmp_path: Path, script: list[str]) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [script]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert names(room) == []

    asyncio.run(scenario())


def test_a_model_that_says_beyond_writes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        honesty = Honesty(beyond_token="<|beyond|>", scope="It writes small programs.")
        async with EngineRoom(tmp_path, [["<|bey", "ond|>"]], honesty=honesty) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert "beyond the scripted model" in ended.reason
            assert "small programs" in ended.reason
            assert not ended.can_retry
            assert names(room) == []

    asyncio.run(scenario())


def test_a_model_that_is_unsure_how_to_begin_writes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM, PROGRAM], honesty=Honesty(least_opening=-0.5)) as room:
            room.provider.opening = -0.7
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert ended.beyond
            assert "beyond the scripted model" in ended.reason
            assert names(room) == []
            room.provider.opening = -0.3
            assert (await room.ask(REQUEST)).result == "done"

    asyncio.run(scenario())


def test_a_dead_model_removes_the_half_file_names_it_and_retry_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], ChildDied("The model was killed.")], PROGRAM]) as room:
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert ended.can_retry
            assert "fibonacci.py" in ended.reason
            assert names(room) == []
            assert room.of(ev.ChunkEnded)[0].content.startswith("def fibonacci")
            room.engine.submit(ops.RetryTurn())
            await room.answer_until_end(1)
            assert room.of(ev.TurnEnded)[-1].result == "done"
            assert (room.workspace / "fibonacci.py").exists()

    asyncio.run(scenario())


def test_a_workspace_that_goes_while_a_file_is_written_fails_the_turn_with_that_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], gate, *PROGRAM[3:]]]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            await room.event(ev.FileGrew)
            shutil.rmtree(room.workspace)
            gate.set()
            ended = await room.event(ev.TurnEnded)
            assert ended.result == "failed"
            assert "inside Codey" not in ended.reason
            assert ended.figures.tokens_out > 0
            assert (await room.ask(REQUEST)).reason.startswith(f"The workspace {room.workspace} is gone.")

    asyncio.run(scenario())


def test_cancel_during_generation_keeps_nothing_half_and_the_next_turn_works(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], asyncio.Event()], PROGRAM]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            await room.event(ev.FileGrew)
            room.engine.submit(ops.CancelTurn())
            assert (await room.event(ev.TurnEnded)).result == "cancelled"
            assert names(room) == []
            assert room.provider.cancelled == 1
            assert (await room.ask(REQUEST)).result == "done"

    asyncio.run(scenario())


def test_cancel_stops_a_running_command_and_everything_it_started(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="ask") as room:
            room.engine.submit(ops.SubmitPrompt(text="execute sh -c 'echo started; sleep 1000'"))
            proposed = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow"))
            await room.event(ev.ActionOutput)
            room.engine.submit(ops.CancelTurn())
            assert (await room.event(ev.TurnEnded)).result == "cancelled"
            assert not room.of(ev.ActionEnded)[-1].result.ok

    asyncio.run(scenario())


def test_a_second_prompt_waits_and_runs_after_the_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [["first", gate], ["second"]]) as room:
            room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await room.event(ev.TokensGenerated)
            room.engine.submit(ops.SubmitPrompt(text="What is a queue?"))
            assert (await room.event(ev.PromptQueued)).waiting == 1
            gate.set()
            await room.event(ev.TurnEnded, 2)
            assert [e.message.text for e in room.of(ev.MessageAdded)] == ["first", "second"]

    asyncio.run(scenario())


def test_the_first_answer_of_several_clients_wins(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            threads = [
                threading.Thread(
                    target=room.engine.submit, args=(ops.DecidePlan(plan_id=plan.plan.id, verdict=verdict),)
                )
                for verdict in ("reject", "allow")
            ]
            for thread in threads:
                thread.start()
                thread.join()
            assert (await room.event(ev.TurnEnded)).result == "rejected"
            assert len(room.of(ev.PlanDecided)) == 1

    asyncio.run(scenario())


def test_arithmetic_needs_no_model(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            assert (await room.ask("2 + 2 * 10")).result == "done"
            assert "22" in room.of(ev.MessageAdded)[-1].message.text

    asyncio.run(scenario())


def test_every_action_has_an_audit_row_with_verdict_and_outcome(tmp_path: Path) -> None:
    async def scenario() -> None:
        from codey_tui.protocol.queries import GetAudit

        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            await room.ask(REQUEST)
            rows = await room.engine.ask(GetAudit())
            assert [(row.tool, row.verdict, row.outcome) for row in rows] == [
                ("file", "allow", "done"),
                ("shell", "allow", "done"),
            ]
            assert len(rows[0].hash_after) == 64
            assert rows[1].exit_code == 0
            assert rows[1].decided_by == "person"

    asyncio.run(scenario())


def test_a_model_that_cannot_be_loaded_is_told_about_before_any_plan(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            room.model_problem = "There is no model file at x.gguf."
            ended = await room.ask(REQUEST)
            assert ended.result == "failed"
            assert "There is no model file at x.gguf." in ended.reason
            assert ended.can_retry
            assert room.of(ev.PlanProposed) == []
            room.model_problem = ""
            room.engine.submit(ops.RetryTurn())
            await room.answer_until_end(1)
            assert room.of(ev.TurnEnded)[-1].result == "done"

    asyncio.run(scenario())


def test_a_step_that_says_run_it_runs_what_the_step_before_wrote(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            ended = await room.ask("1. Create Fibonacci function 2. run it")
            assert ended.result == "done", ended.reason
            assert "34" in room.of(ev.ActionEnded)[-1].result.output

    asyncio.run(scenario())


def test_who_asks_what_codey_can_do_hears_what_the_model_can(tmp_path: Path) -> None:
    async def scenario() -> None:
        honesty = Honesty(scope="It writes small programs.")
        async with EngineRoom(tmp_path, honesty=honesty) as room:
            await room.ask("what can you do?")
            assert "the scripted model: It writes small programs." in room.of(ev.MessageAdded)[-1].message.text
            await room.ask("2 + 2")
            assert "small programs" not in room.of(ev.MessageAdded)[-1].message.text

    asyncio.run(scenario())
