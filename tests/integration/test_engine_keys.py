"""Keys in a workspace, in a prompt and in an output: no model, journal, table or log gets them; the person's files keep them."""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from codey_tui.cli.logs import HidingFormatter
from codey_tui.inference.provider import GenerateRequest
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from tests.fakes.engine_room import EngineRoom
from tests.fakes.keys import Keys

KEYS = Keys(21)
TOKEN = KEYS.github()
BLOCK = KEYS.block()
BEFORE = f'TOKEN = "{TOKEN}"\n\n\ndef add(a, b):\n    return a - b\n'


def stored(room: EngineRoom) -> bytes:
    """Every byte that the engine keeps but the copies for undo, which must be exact."""
    return b"".join(
        place.read_bytes()
        for place in sorted(room.state_dir.rglob("*"))
        if place.is_file() and "checkpoints" not in place.parts
    )


def prompts(room: EngineRoom) -> str:
    """Everything that the model was sent."""
    return "\n".join(turn.text for request in room.provider.requests for turn in request.messages)


def copying(template: str, size: int = 1000) -> Callable[[GenerateRequest], list[str]]:
    """A model that copies the placeholder of its prompt to where `%s` stands, `size` characters a token."""

    def script(request: GenerateRequest) -> list[str]:
        said = "\n".join(turn.text for turn in request.messages)
        start = said.index("[key hidden: ")
        text = template.replace("%s", said[start : said.index("]", start) + 1])
        return [text[at : at + size] for at in range(0, len(text), size)]

    return script


def test_an_edit_of_a_file_with_a_key_keeps_the_key_and_the_model_never_sees_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        answer = 'TOKEN = "%s"\n=======\nTOKEN = "%s"\nDEBUG = True\n>>>>>>> REPLACE\n'
        async with EngineRoom(tmp_path, [copying(answer)]) as room:
            file = room.workspace / "calc.py"
            file.write_text(BEFORE)
            ended = await room.ask("Fix the bug in line 2 of calc.py")
            assert ended.result == "done", ended.reason
            assert file.read_text() == BEFORE.replace("\n\n\n", "\nDEBUG = True\n\n\n")
            assert TOKEN not in prompts(room)
            assert "[key hidden: GitHub token #" in prompts(room)
            assert TOKEN.encode() not in stored(room)
            proposed = next(e for e in room.of(ev.ActionProposed) if e.preview.kind == "diff")
            assert TOKEN in proposed.preview.body  # who says yes sees what would happen
            assert TOKEN not in room.of(ev.ChunkEnded)[0].content
            room.engine.submit(ops.UndoTurn())
            await room.event(ev.TurnUndone)
            assert file.read_text() == BEFORE

    asyncio.run(scenario())


def test_a_new_file_gets_the_key_of_the_prompt_though_its_placeholder_comes_in_pieces(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [copying('TOKEN = "%s"\nprint("ready")\n```', 3)]) as room:
            ended = await room.ask(f"Create a Python script config.py that holds my token {TOKEN}")
            assert ended.result == "done", ended.reason
            written = next(e for e in room.of(ev.FileWritten))
            text = (room.workspace / written.path).read_text()
            assert f'TOKEN = "{TOKEN}"' in text
            grown = room.of(ev.FileGrew)
            assert grown[-1].size == len(text.encode())
            assert TOKEN not in "".join(e.text for e in room.of(ev.TokensGenerated))
            assert TOKEN not in prompts(room)
            assert TOKEN.encode() not in stored(room)
            assert TOKEN in room.of(ev.TurnStarted)[0].message.text  # their own words stay theirs

    asyncio.run(scenario())


def test_results_and_output_say_that_a_key_was_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            (room.workspace / "config.json").write_text(f'{{"token": "{TOKEN}", "port": 80}}')
            (room.workspace / "deploy.txt").write_text(BLOCK + "\nready\n")
            await room.ask("read config.json")
            read = room.of(ev.ActionEnded)[-1].result
            assert '"[key hidden: GitHub token]", "port": 80' in read.output
            await room.ask("execute cat deploy.txt config.json")
            ran = room.of(ev.ActionEnded)[-1].result
            assert ran.ok, ran.summary
            assert "[key hidden: private key]\nready" in ran.output
            shown = "".join(e.text for e in room.of(ev.ActionOutput))
            assert "[key hidden: private key]\nready" in shown
            for text in (read.output, ran.output, shown):
                assert TOKEN not in text
                assert BLOCK.split("\n")[3] not in text
            assert TOKEN.encode() not in stored(room)

    asyncio.run(scenario())


def test_a_command_with_a_key_runs_with_it_and_is_kept_without(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            room.engine.submit(ops.SubmitPrompt(text=f"execute echo {TOKEN} > seen.txt"))
            proposed = await room.event(ev.ActionProposed)
            assert TOKEN in proposed.preview.body
            room.engine.submit(ops.DecideAction(action_id=proposed.action.id, verdict="allow", scope="always"))
            await room.event(ev.TurnEnded)
            assert (room.workspace / "seen.txt").read_text() == f"{TOKEN}\n"
            assert any("no key is kept in a rule" in notice.text for notice in room.of(ev.Noticed))
            assert TOKEN.encode() not in stored(room)
            assert b"[key hidden: GitHub token" in stored(room)
            late: list[ev.Envelope] = []
            room.engine.listen(late.append)
            assert TOKEN not in str(late)

    asyncio.run(scenario())


def test_a_retry_knows_the_key_in_the_same_process_and_says_so_in_another(tmp_path: Path) -> None:
    request = f"execute test -e now.txt && echo {TOKEN} > seen.txt"

    async def scenario() -> None:
        async with EngineRoom(tmp_path) as room:
            assert (await room.ask(request)).result == "failed"
            (room.workspace / "now.txt").touch()
            room.engine.submit(ops.RetryTurn())
            await room.answer_until_end(1)
            assert (room.workspace / "seen.txt").read_text() == f"{TOKEN}\n"
            (room.workspace / "now.txt").unlink()
            assert (await room.ask(request)).result == "failed"

    asyncio.run(scenario())

    async def later() -> None:
        async with EngineRoom(tmp_path) as room:
            ended = await room.ask("execute echo [key hidden: GitHub token #00000000]")
            assert ended.result == "failed"
            assert "Write the request again" in ended.reason
            assert not ended.can_retry

    asyncio.run(later())


def test_what_a_model_invents_is_kept_hidden_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with EngineRoom(tmp_path, [[f"Use {TOKEN[:9]}", f"{TOKEN[9:]} for it."]]) as room:
            await room.ask("What is a token?")
            assert TOKEN.encode() not in stored(room)

    asyncio.run(scenario())


def test_the_log_has_no_key() -> None:
    try:
        raise ValueError(f"no access with {TOKEN}")
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "%s", (BLOCK,), sys.exc_info())
    line = HidingFormatter("%(message)s").format(record)
    assert TOKEN not in line
    assert BLOCK.split("\n")[2] not in line
    assert "ValueError" in line
