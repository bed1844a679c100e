"""What a person may type that is no argument, no path or no name: a sentence, and the screen goes on."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codey_tui.protocol.ops import SubmitPrompt
from tests.fakes import tui_script as script
from tests.tui.stage import Stage, make_workspace, play


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


def told(stage: Stage) -> str:
    return "\n".join(note.message for note in stage.app._notifications)


def test_an_export_to_a_home_that_does_not_exist_is_told(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert("/export ~nobody-of-this-name/chat.md")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "The chat was not written" in told(stage))

    asyncio.run(play(stage, script.DONE, act))


def test_an_export_by_the_real_path_of_a_linked_workspace_is_told(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    (tmp_path / "link").symlink_to(workspace)
    stage = Stage(tmp_path / "link")

    async def act(pilot: Pilot[Any]) -> None:
        stage.app.do_export(str(workspace / "chat.md"))
        await stage.until(pilot, lambda: "Wrote chat.md" in told(stage))
        assert (workspace / "chat.md").exists()

    asyncio.run(play(stage, script.DONE, act))


@pytest.mark.parametrize("argument", ["all", "²", "0", "-1", "1.5", "9" * 5000])
def test_an_undo_of_what_is_no_turn_undoes_nothing(stage: Stage, argument: str) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert(f"/undo {argument}")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Type /undo [turn]" in told(stage))
        assert stage.client.ops == []

    asyncio.run(play(stage, script.DONE, act))


def test_a_mention_too_long_for_a_path_is_sent_as_text(stage: Stage) -> None:
    text = "explain @" + "a" * 300

    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert(text)
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.client.ops == [SubmitPrompt(text=text)])

    asyncio.run(play(stage, script.OPENED, act))


def test_a_prompt_goes_out_where_its_history_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").mkdir()
    stage = Stage(make_workspace(tmp_path), history_path=tmp_path / "prompts.jsonl")

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("up", *"hello", "enter")
        await stage.until(pilot, lambda: stage.client.ops == [SubmitPrompt(text="hello")])
        assert "kept for this screen only" in told(stage)

    asyncio.run(play(stage, script.OPENED, act))


def test_files_with_odd_names_are_named_so_that_they_are_found_or_not_at_all(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    for path in ("README.md", "greet.py", "src/main.py"):
        (workspace / path).unlink()
    (workspace / "src").rmdir()
    (workspace / "my file.py").write_text("")
    (workspace / os.fsdecode(b"bad\xff.py")).write_text("")
    stage = Stage(workspace)

    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.until(pilot, lambda: len(bench.files.root.children) == 2)
        await pilot.press("ctrl+o", "enter")
        await stage.until(pilot, lambda: "cannot be typed" in told(stage))
        await pilot.press("down", "enter")
        await stage.until(pilot, lambda: bench.prompt.text == '@"my file.py" ')
        await pilot.press("enter")
        sent = SubmitPrompt(text='@"my file.py"', files=("my file.py",))
        await stage.until(pilot, lambda: stage.client.ops == [sent])

    asyncio.run(play(stage, script.OPENED, act))


@pytest.mark.parametrize("command", ["/sessions", "/audit", "/rules", "/model", "/models"])
def test_a_question_that_the_engine_cannot_answer_is_told(stage: Stage, command: str) -> None:
    stage.client.unanswered = "The database is damaged."

    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert(command)
        await pilot.press("enter")
        await stage.until(pilot, lambda: told(stage) == "The database is damaged.")
        assert not stage.app.engine_is_gone

    asyncio.run(play(stage, script.DONE, act))
