"""What an engine sends to models: earlier turns in a prompt that only grows, a question before a long one, lost beginnings."""

import asyncio
from pathlib import Path

from codey_tui.engine.reading import NO_REUSE
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.store.database import Database
from tests.fakes.engine_room import EngineRoom

WHY, HOW = "Why is the sky blue?", "Explain how a heap works."


def texts(room: EngineRoom, number: int) -> list[str]:
    """The messages of a generation."""
    return [turn.text for turn in room.provider.requests[number].messages]


def test_a_prompt_begins_as_the_last_one_did_and_ends_with_what_came_of_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["Because ", "of scattering."], ["A tree in a list."]]) as room:
            await room.ask(WHY)
            await room.ask(HOW)
            first, second = texts(room, 0), texts(room, 1)
            assert second[: len(first)] == first
            assert second[len(first)] == "Because of scattering."
            assert second[-1].endswith(HOW)
            session = room.engine.status().session.id
            await room.until(lambda: room.provider.kept == [session, session])
        async with EngineRoom(tmp_path, [["It floats."]]) as room:
            await room.ask("Explain why ice floats.")
            assert texts(room, 0)[: len(second)] == second
            assert texts(room, 0)[-2] == "A tree in a list."
        async with EngineRoom(tmp_path, [["Yes."]], new_session=True) as room:
            await room.ask(WHY)
            assert texts(room, 0) == first

    asyncio.run(scenario())


def test_the_earlier_half_goes_when_the_context_is_full(tmp_path: Path) -> None:
    async def scenario() -> None:
        answers = [[f"{number} " + "word " * 400] for number in range(8)]
        async with EngineRoom(tmp_path, answers) as room:
            for number in range(8):
                await room.ask(f"Explain the number {number}.")
            lengths = [sum(len(text) for text in texts(room, number)) / 3.5 for number in range(8)]
            assert max(lengths) < 4096 - 512
            # it was shortened once, and then it grew again
            shorter = [number for number in range(1, 8) if lengths[number] < lengths[number - 1]]
            assert len(shorter) == 1
            assert "0 word" not in texts(room, 7)[2]
            kept = len(texts(room, 7)) - 2
        database = Database.open(tmp_path / "state" / "codey.db")
        session = database.sessions.last()
        assert session is not None
        assert len(database.conversations.list(session.id)) == kept + 2
        database.close()

    asyncio.run(scenario())


def test_keys_of_earlier_turns_are_hidden_on_the_disk(tmp_path: Path) -> None:
    key = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"

    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["Keep it secret."], ["No."]]) as room:
            await room.ask(f"Explain what {key} is.")
            await room.ask("Explain it again.")
            assert key not in " ".join(texts(room, 1))
        assert key.encode() not in b"".join(file.read_bytes() for file in (tmp_path / "state").glob("codey.db*"))

    asyncio.run(scenario())


class Costly(EngineRoom):
    """A model that reads ten tokens a second, with a person who is asked above five seconds."""

    def __init__(self, folder: Path, answers: int = 3, *, auto: bool = False) -> None:
        super().__init__(folder, [["Fine."]] * answers, ask_above_s=5.0, mode="auto" if auto else "ask")
        self.provider.seconds_per_token = 0.1
        (self.workspace / "app.py").write_text("def main() -> None:\n    print('hello')\n" * 40)

    async def forecast(self, text: str) -> ev.PromptForecast:
        """Submit a prompt and wait for the question."""
        asked = len(self.of(ev.PromptForecast))
        self.engine.submit(ops.SubmitPrompt(text=text))
        return await self.event(ev.PromptForecast, asked + 1)


def test_a_long_prompt_asks_and_a_short_one_does_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Costly(tmp_path) as room:
            room.provider.seconds_per_token = 0.001
            await room.ask("Explain @app.py")
            assert not room.of(ev.PromptForecast)
            room.provider.seconds_per_token = 0.1
            found = await room.forecast("Explain @app.py once more")
            assert found.seconds > 5
            assert found.new * 0.1 == found.seconds
            assert [part.id for part in found.parts] == ["earlier", "app.py"]
            assert all(part.tokens > 0 for part in found.parts)
            assert not room.of(ev.PromptDecided)
            out = ("app.py", "earlier", "never heard of")
            room.engine.submit(ops.DecidePrompt(question_id=found.question_id, verdict="allow", leave_out=out))
            await room.event(ev.TurnEnded, 2)
            assert room.of(ev.PromptDecided)[0].left_out == ("app.py", "earlier")
            sent = texts(room, -1)
            assert len(sent) == 2
            assert "File app.py: left out." in sent[1]
            assert "hello" not in sent[1]
            assert sent[1].endswith("once more")
            assert room.of(ev.TurnEnded)[-1].result == "done"

    asyncio.run(scenario())


def test_a_prompt_that_is_not_sent_ends_the_turn(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Costly(tmp_path) as room:
            found = await room.forecast("Explain @app.py")
            room.engine.submit(ops.DecidePrompt(question_id=found.question_id, verdict="reject"))
            ended = await room.event(ev.TurnEnded)
            assert (ended.result, ended.reason) == ("rejected", "The prompt was not sent.")
            await room.forecast("Explain @app.py")
            room.engine.submit(ops.CancelTurn())
            await room.event(ev.TurnEnded, 2)
            assert [decided.decided_by for decided in room.of(ev.PromptDecided)] == ["person", "cancel"]

    asyncio.run(scenario())


def test_a_chunk_whose_prompt_is_not_sent_ends_the_plan(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Costly(tmp_path) as room:
            room.engine.submit(ops.SubmitPrompt(text="Create tree.py with a function that sums @app.py"))
            plan = (await room.event(ev.PlanProposed)).plan
            room.engine.submit(ops.DecidePlan(plan_id=plan.id, verdict="allow"))
            found = await room.event(ev.PromptForecast)
            room.engine.submit(ops.DecidePrompt(question_id=found.question_id, verdict="reject"))
            ended = await room.event(ev.TurnEnded)
            assert ended.result == "rejected"
            assert room.of(ev.ChunkEnded)[0].state == "cancelled"
            assert len(room.of(ev.ChunkEnded)) == 1
            assert not (room.workspace / "tree.py").exists()

    asyncio.run(scenario())


def test_the_mode_that_asks_nothing_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Costly(tmp_path, auto=True) as room:
            ended = await room.ask("Explain @app.py")
            assert ended.result == "done"
            assert [found.asked for found in room.of(ev.PromptForecast)] == [False]

    asyncio.run(scenario())


def test_a_question_that_the_end_of_the_engine_cut_off_is_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Costly(tmp_path) as room:
            await room.forecast("Explain @app.py")
        async with Costly(tmp_path) as room:
            events = [envelope.event for envelope in room.heard]
            questions = {event.question_id for event in events if isinstance(event, ev.PromptForecast)}
            assert questions == {event.question_id for event in events if isinstance(event, ev.PromptDecided)}

    asyncio.run(scenario())


def test_a_turn_whose_beginning_was_lost_is_not_to_be_trusted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["Fine."], ["Fine."]]) as room:
            (room.workspace / "app.py").write_text("print('hello')\n" * 400)
            sound = await room.ask("Explain @app.py")
            assert (sound.figures.tokens_lost, sound.untrusted) == (0, "")
            assert not [notice for notice in room.of(ev.Noticed) if "cannot be trusted" in notice.text]
            room.provider.reads_at_most = 100
            ended = await room.ask("Explain @app.py again")
            assert ended.figures.tokens_lost > 100
            assert "not to be trusted" in ended.untrusted
            assert [notice.level for notice in room.of(ev.Noticed) if "cannot be trusted" in notice.text] == ["warning"]

    asyncio.run(scenario())


def test_a_model_that_cannot_go_back_says_so_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [["Fine."], ["Fine."]]) as room:
            room.provider.reuses = False
            await room.ask(WHY)
            await room.ask(HOW)
            said = NO_REUSE.format(title="the scripted model")
            assert [notice.text for notice in room.of(ev.Noticed)].count(said) == 1

    asyncio.run(scenario())
