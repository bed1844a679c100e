"""What comes at a bad moment: a cancel before the first step or twice, prompts behind an undo, a database that refuses."""

import asyncio
import os
import sqlite3
from pathlib import Path

from codey_tui.engine.providers import Providers
from codey_tui.inference.provider import ChildDied
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.queries import GetAudit
from tests.fakes.engine_room import EngineRoom
from tests.fakes.scripted_provider import ScriptedProvider
from tests.integration.test_engine_turns import PROGRAM, REQUEST, names


def test_a_prompt_cancelled_before_its_first_step_begins_and_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["answer"]]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            room.engine.submit(ops.CancelTurn())
            assert (await room.event(ev.TurnEnded)).result == "cancelled"
            assert len(room.of(ev.TurnStarted)) == 1
            await room.ask("What is a stack?")

    asyncio.run(scenario())


def test_a_second_cancel_does_not_tear_up_the_end_of_a_command(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            room.engine.submit(ops.SubmitPrompt(text="execute sh -c 'echo started; sleep 1000'"))
            proposed = await room.event(ev.ActionProposed)
            room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow"))
            await room.event(ev.ActionOutput)
            for _ in range(3):
                room.engine.submit(ops.CancelTurn())
                await asyncio.sleep(0)
            assert (await room.event(ev.TurnEnded)).result == "cancelled"
            assert [event.action_id for event in room.of(ev.ActionEnded)] == [proposed.action.id]
            assert (await room.engine.ask(GetAudit()))[-1].outcome == "failed"

    asyncio.run(scenario())


def test_a_prompt_behind_an_undo_runs_after_it_and_a_cancel_does_not_cut_the_undo(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM, ["an answer"]]) as room:
            await room.ask(REQUEST)
            room.engine.submit(ops.UndoTurn())
            room.engine.submit(ops.CancelTurn())
            room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await room.event(ev.TurnEnded, 2)
            heard = [type(envelope.event) for envelope in room.heard]
            assert heard.index(ev.TurnUndone) < len(heard) - 1 - heard[::-1].index(ev.TurnStarted)
            assert names(room) == []

    asyncio.run(scenario())


def test_a_session_is_not_changed_while_a_prompt_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [["one", gate], ["two"], ["three"]]) as room:
            room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await room.event(ev.TokensGenerated)
            room.engine.submit(ops.SubmitPrompt(text="What is a queue?"))

            def at_the_end(envelope: ev.Envelope) -> None:
                if isinstance(envelope.event, ev.TurnEnded) and envelope.turn == 1:
                    room.engine.submit(ops.NewSession())
                    room.engine.submit(ops.SubmitPrompt(text="What is a heap?"))

            room.engine.listen(at_the_end)
            gate.set()
            await room.event(ev.TurnEnded, 3)
            assert [event.message.text for event in room.of(ev.MessageAdded)] == ["one", "two", "three"]
            assert len({envelope.session for envelope in room.heard}) == 1

    asyncio.run(scenario())


def test_a_database_that_refuses_in_the_middle_of_a_turn_delays_the_records_and_loses_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        async with EngineRoom(tmp_path, [["an ", gate, "answer"]], busy_timeout_s=0.0) as room:
            room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await room.event(ev.TokensGenerated)
            other = sqlite3.connect(room.state_dir / "codey.db")
            other.execute("BEGIN IMMEDIATE")
            gate.set()
            ended = await room.event(ev.TurnEnded)
            assert ended.result == "done", ended.reason
            assert not room.engine.busy or not await room.until(lambda: not room.engine.busy)
            other.rollback()
            other.close()
            await room.ask("2 + 2")
            assert [event.result for event in room.of(ev.TurnEnded)] == ["done", "done"]
            replayed: list[ev.Envelope] = []
            room.engine.listen(replayed.append)
            assert [e.seq for e in replayed if not isinstance(e.event, ev.DELTAS)] == list(range(1, len(replayed) + 1))

    asyncio.run(scenario())


def test_a_new_file_that_cannot_be_audited_is_not_begun(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM, PROGRAM], busy_timeout_s=0.0) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            other = sqlite3.connect(room.state_dir / "codey.db")
            other.execute("BEGIN IMMEDIATE")
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            ended = await room.event(ev.TurnEnded)
            other.rollback()
            other.close()
            assert ended.result == "failed"
            assert "Another program holds the database" in ended.reason
            assert ended.can_retry
            assert names(room) == []
            assert [event.state for event in room.of(ev.ChunkEnded)] == ["failed", "skipped"]

    asyncio.run(scenario())


def test_a_retry_after_an_undo_writes_again_what_was_taken_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        bad = ["raise SystemExit(1)\n", "```"]
        async with EngineRoom(tmp_path, [bad, PROGRAM], attempts=0) as room:
            assert (await room.ask(REQUEST)).result == "failed"
            assert names(room) == ["fibonacci.py"]
            room.engine.submit(ops.UndoTurn())
            await room.event(ev.TurnUndone)
            room.engine.submit(ops.RetryTurn())
            await room.answer_until_end(1)
            assert room.of(ev.TurnEnded)[-1].result == "done", room.of(ev.TurnEnded)[-1].reason
            assert names(room) == ["fibonacci.py"]

    asyncio.run(scenario())


def test_plan_mode_holds_for_a_retry_and_when_it_is_chosen_in_the_middle(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], asyncio.Event()], PROGRAM]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            await room.event(ev.FileGrew)
            room.engine.submit(ops.CancelTurn())
            await room.event(ev.TurnEnded)
            room.engine.submit(ops.SetMode(mode="plan"))
            room.engine.submit(ops.RetryTurn())
            await room.until(lambda: any("Plan mode" in notice.text for notice in room.of(ev.Noticed)), "a refusal")
            room.engine.submit(ops.SetMode(mode="ask"))
            room.engine.submit(ops.RetryTurn())
            room.engine.submit(ops.SetMode(mode="plan"))
            await room.event(ev.TurnEnded, 2)
            assert names(room) == []

    asyncio.run(scenario())


def test_a_file_of_a_person_where_a_cancelled_one_was_to_be_is_kept_by_undo(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[*PROGRAM[:3], asyncio.Event()]]) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow"))
            await room.event(ev.FileGrew)
            room.engine.submit(ops.CancelTurn())
            await room.event(ev.TurnEnded)
            (room.workspace / "fibonacci.py").write_text("mine\n")
            room.engine.submit(ops.UndoTurn())
            await room.event(ev.TurnUndone)
            await room.until(lambda: any("that version is kept" in notice.text for notice in room.of(ev.Noticed)))
            kept = list(room.state_dir.rglob("kept/*/fibonacci.py"))
            assert [copy.read_text() for copy in kept] == ["mine\n"]

    asyncio.run(scenario())


def test_a_plan_of_which_nothing_known_was_chosen_is_rejected_with_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            room.engine.submit(ops.SubmitPrompt(text=REQUEST))
            plan = await room.event(ev.PlanProposed)
            room.engine.submit(ops.DecidePlan(plan_id=plan.plan.id, verdict="allow", chunks=("nonsense",)))
            ended = await room.event(ev.TurnEnded)
            assert (ended.result, room.of(ev.PlanDecided)[0].verdict) == ("rejected", "reject")
            assert "None of the steps" in ended.reason

    asyncio.run(scenario())


def test_a_model_that_dies_or_is_cancelled_is_not_shown_as_loading_or_ready(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["an ", ChildDied("The model was killed.")], ["again"]]) as room:
            assert (await room.ask("What is a stack?")).result == "failed"
            assert [event.model.state for event in room.of(ev.ModelChanged)] == ["loading", "ready", "idle"]

    asyncio.run(scenario())


def test_a_repair_of_a_chunk_that_had_ended_begins_and_ends_with_the_new_text(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["print(1 / 0)\n", "```"], PROGRAM]) as room:
            assert (await room.ask(REQUEST)).result == "done"
            told = [e.event for e in room.heard if isinstance(e.event, ev.ChunkStarted | ev.ChunkEnded)]
            written = [event for event in told if event.chunk_id == told[0].chunk_id]
            assert [type(event) for event in written] == [ev.ChunkStarted, ev.ChunkEnded] * 2
            last = room.of(ev.ChunkEnded)[1]
            assert (last.state, last.content) == ("done", (room.workspace / "fibonacci.py").read_text())

    asyncio.run(scenario())


def test_an_answer_holds_nothing_that_only_a_terminal_understands(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["a \x1b]0;tit", "le\x07sta\x1b[31mck"]]) as room:
            assert (await room.ask("What is a stack?")).result == "done"
            assert room.of(ev.MessageAdded)[0].message.text == "a stack"
            assert "".join(event.text for event in room.of(ev.TokensGenerated)) == "a stack"

    asyncio.run(scenario())


def test_a_model_chosen_in_the_middle_waits_for_the_end_of_the_turn(tmp_path: Path) -> None:
    async def scenario() -> None:
        gate, other = asyncio.Event(), ScriptedProvider([["from the other"]], model="other")
        async with EngineRoom(tmp_path, [["from ", gate, "the first"]], other=other) as room:
            room.engine.submit(ops.SubmitPrompt(text="What is a stack?"))
            await room.event(ev.TokensGenerated)
            room.engine.submit(ops.SetModel(model="other"))
            await room.until(lambda: room.of(ev.ModelChanged)[-1].model.id == "other")
            assert room.provider.rss > 0
            gate.set()
            await room.event(ev.TurnEnded)
            assert (await room.ask("What is a queue?")).result == "done"
            assert [event.message.text for event in room.of(ev.MessageAdded)] == ["from the first", "from the other"]

    asyncio.run(scenario())


def test_a_turn_that_is_over_can_be_undone_at_once_while_the_model_keeps_what_it_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [PROGRAM]) as room:
            gate = room.provider.keeps_after = asyncio.Event()

            def undo(said: ev.Envelope) -> None:
                if isinstance(said.event, ev.TurnEnded):
                    room.engine.submit(ops.UndoTurn())

            room.engine.listen(undo)
            assert (await room.ask(REQUEST)).result == "done"
            await room.event(ev.TurnUndone)
            assert names(room) == []
            assert room.provider.kept == []
            await room.until(lambda: not room.engine.busy)
            assert room.engine.status().busy, "nobody should end an engine that keeps a turn"
            gate.set()
            await room.until(lambda: not room.engine.status().busy)
            assert room.provider.kept == [room.engine.status().session.id]

    asyncio.run(scenario())


def test_an_engine_that_ends_lets_the_model_keep_what_it_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        model, gate = ScriptedProvider([]), asyncio.Event()
        model.loaded, model.keeps_after = True, gate
        providers = Providers(lambda _model: model)
        providers.keep("scripted", "s1")
        ending = asyncio.create_task(providers.close())
        for _ in range(5):
            await asyncio.sleep(0)
        gate.set()
        await ending
        assert (model.kept, model.loaded) == (["s1"], False)

    asyncio.run(scenario())


def test_names_that_are_not_utf8_are_told_and_stored(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, mode="auto-edit") as room:
            folder = room.workspace / "docs"
            folder.mkdir()
            odd = folder / os.fsdecode(b"caf\xe9.txt")
            odd.write_text("bytes")
            ended = await room.ask("delete the folder docs")
            assert ended.result == "done", ended.reason
            room.engine.submit(ops.UndoTurn())
            undone = await room.event(ev.TurnUndone)
            assert "docs/caf?.txt" in undone.restored
            assert odd.read_text() == "bytes"

    asyncio.run(scenario())
