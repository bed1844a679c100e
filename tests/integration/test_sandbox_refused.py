"""A sandbox that cannot be had: the action fails and says so, and only a person's second yes runs it elsewhere."""

import asyncio
from pathlib import Path

from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.actions import Rule
from codey_tui.sandbox import Rlimits, Sandbox
from codey_tui.sandbox.choice import Choice
from codey_tui.sandbox.docker import Docker
from tests.fakes.engine_room import EngineRoom


def room(folder: Path) -> EngineRoom:
    """Docker is wanted and is not there; the plain limits are."""
    choice = Choice({"docker": lambda: Docker(host=f"unix://{folder}/docker.sock"), "rlimits": Rlimits}, "docker")
    return EngineRoom(folder, sandbox=choice, instead=choice.weaker, mode="auto")


def test_a_second_question_and_a_yes(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as here:
            here.engine.submit(ops.SubmitPrompt(text="run touch made.txt"))
            asked = await here.event(ev.ActionProposed)
            refused = here.of(ev.ActionEnded)[0]
            assert not refused.result.ok
            assert "no Docker engine runs here" in refused.result.summary
            assert (asked.sandbox, asked.risk.level) == ("rlimits", "dangerous")
            assert "weaker sandbox rlimits" in asked.risk.reason
            assert asked.action.id != refused.action_id
            assert not (here.workspace / "made.txt").exists()
            here.engine.submit(ops.DecideAction(action_id=asked.action.id, verdict="allow"))
            await here.event(ev.TurnEnded)
            assert (here.workspace / "made.txt").exists()
            assert here.of(ev.ActionEnded)[-1].result.sandbox == "rlimits"

    asyncio.run(scene())


def test_a_second_question_and_a_no(tmp_path: Path) -> None:
    async def scene() -> None:
        async with room(tmp_path) as here:
            await here.ask("run touch made.txt", action="reject")
            assert len(here.of(ev.ActionProposed)) == 1
            assert not (here.workspace / "made.txt").exists()

    asyncio.run(scene())


def test_what_has_changed_before_the_second_question_is_told_in_a_sentence(tmp_path: Path) -> None:
    async def scene() -> None:
        choice = Choice({"docker": lambda: Docker(host=f"unix://{tmp_path}/docker.sock"), "rlimits": Rlimits}, "docker")

        def forbidden_meanwhile() -> Sandbox | None:
            here.engine.submit(ops.SetRule(rule=Rule(tool="shell", pattern="touch *", verdict="forbid")))
            return choice.weaker()

        here = EngineRoom(tmp_path, sandbox=choice, instead=forbidden_meanwhile, mode="auto")
        async with here:
            ended = await here.ask("run touch made.txt")
            assert ended.result == "failed"
            assert "no Docker engine runs here" in ended.reason
            assert "It was not tried in rlimits either" in ended.reason
            assert here.of(ev.ActionProposed) == []
            assert not (here.workspace / "made.txt").exists()

    asyncio.run(scene())
