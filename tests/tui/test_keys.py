"""Keys of the whole screen: cancel, retry, panes, quit, sessions, search, copy, keymap, themes, and a lost engine."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from codey_tui.protocol import events as ev
from codey_tui.protocol.models import SessionInfo
from codey_tui.protocol.ops import CancelTurn, NewSession, OpenSession, RetryTurn, SetMode, SetModel, SubmitPrompt
from codey_tui.tui.commands import COMMANDS
from codey_tui.tui.screens.help import HelpScreen
from codey_tui.tui.screens.quit import QuitScreen
from codey_tui.tui.screens.sessions import SessionsScreen
from codey_tui.tui.widgets.decision import DecisionPanel
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import SESSION, START, ScriptedClient
from tests.tui.stage import Stage, make_workspace, play


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(make_workspace(tmp_path))


def test_ctrl_c_cancels_the_turn_and_not_the_program(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+c")
        await stage.until(pilot, lambda: stage.client.ops == [CancelTurn()])
        assert stage.app.is_running

    asyncio.run(play(stage, script.WRITING, act))


def test_ctrl_c_without_a_turn_says_how_to_leave(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+c")
        await stage.until(pilot, lambda: bool(stage.app._notifications))
        assert stage.client.ops == []
        assert stage.app.is_running

    asyncio.run(play(stage, script.DONE, act))


def test_ctrl_r_tries_a_failed_turn_again(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+r")
        await stage.until(pilot, lambda: stage.client.ops == [RetryTurn()])

    asyncio.run(play(stage, script.FAILED, act))


@pytest.mark.parametrize(("key", "ops", "gone"), [("d", [], True), ("c", [CancelTurn()], True), ("s", [], False)])
def test_quitting_asks_while_a_turn_runs(stage: Stage, key: str, ops: list[object], gone: bool) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+q")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, QuitScreen))
        await pilot.press(key)
        await stage.until(
            pilot, lambda: (stage.app.return_value == 0) if gone else stage.app.screen is stage.app.workbench
        )
        assert stage.client.ops == ops

    asyncio.run(play(stage, script.WRITING, act))


@pytest.mark.parametrize("keys", ["cc", "dd", "cd", "ss"])
def test_keys_typed_ahead_of_the_end_of_a_window_do_no_harm(stage: Stage, keys: str) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+q")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, QuitScreen))
        for key in keys:
            stage.app.simulate_key(key)
        await stage.until(pilot, lambda: stage.app.return_value == 0 or stage.app.screen is stage.app.workbench)
        assert len(stage.client.ops) <= 1

    asyncio.run(play(stage, script.WRITING, act))


@pytest.mark.parametrize("events", [script.PLANNED, script.ACTING])
def test_on_the_smallest_screen_what_is_asked_is_in_sight(stage: Stage, events: tuple[ev.Event, ...]) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        panel = stage.app.workbench.focused
        assert isinstance(panel, DecisionPanel)
        await stage.until(pilot, lambda: panel.size.height >= 3)
        seen = panel.body.region.intersection(panel.content_region)
        answer = panel.keys.parent
        assert isinstance(answer, Widget)
        covered = answer.region.intersection(seen).height
        assert seen.height - covered >= 2, "nobody says yes to what is not in sight"

    asyncio.run(play(stage, events, act, size=(20, 8)))


def test_quitting_without_a_turn_asks_nothing(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+q")
        await stage.until(pilot, lambda: stage.app.return_value == 0)

    asyncio.run(play(stage, script.DONE, act))


def test_panes_of_a_narrow_screen_are_tabs(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        for pane, widget in (
            ("files", bench.files),
            ("plan", bench.plan),
            ("action", bench.action),
            ("chat", bench.prompt),
        ):
            await pilot.press("ctrl+t")
            await stage.until(
                pilot, lambda pane=pane, widget=widget: bench.pane_shown == pane and bench.focused is widget
            )
            assert bench.query_one("#centre").display is (pane == "chat")

    asyncio.run(play(stage, script.DONE, act, (48, 60)))


def test_side_panels_fold_at_80_columns_and_stand_at_120(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        assert not bench.files.display
        assert not bench.query_one("#side").display
        await pilot.press("ctrl+o")
        await stage.until(pilot, lambda: bench.files.display and bench.focused is bench.files)
        assert bench.chat.display
        await pilot.press("ctrl+o")
        await stage.until(pilot, lambda: not bench.files.display and bench.focused is bench.prompt)
        await pilot.resize_terminal(120, 36)
        await stage.until(pilot, lambda: bench.files.display and bench.plan.display and bench.action.display)

    asyncio.run(play(stage, script.DONE, act, (80, 24)))


def test_a_soft_keyboard_hides_what_needs_no_answer(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.ready_to_answer(pilot)
        assert bench.query_one("#hints").display
        await pilot.resize_terminal(60, 15)
        await stage.until(pilot, lambda: not bench.query_one("#hints").display)
        assert not bench.query_one("#heading").display
        assert bench.action.display
        assert bench.action.keys.region.height > 0
        assert bench.size.height >= bench.action.keys.region.bottom

    asyncio.run(play(stage, script.ACTING, act, (60, 40)))


def test_sessions_are_listed_and_opened(tmp_path: Path) -> None:
    other = SessionInfo(id="s2", title="Todo app", created=START, updated=START + 1800, turns=4)
    stage = Stage(make_workspace(tmp_path), ScriptedClient(sessions=(SESSION, other)))

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+s")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, SessionsScreen))
        await pilot.press("down", "enter")
        await stage.until(pilot, lambda: stage.client.ops == [OpenSession(session="s2")])
        stage.client.say_from(other, ev.SessionOpened(session=other, mode="ask", model=script.MODEL), *script.ASKED[2:])
        await stage.until(pilot, lambda: stage.app.view.session is not None and stage.app.view.session.id == "s2")
        assert [line.text for line in stage.app.view.lines] == ["Create Fibonacci function"]
        assert stage.client.listens == [0, 0]

    asyncio.run(play(stage, script.DONE, act))


def test_a_new_session_is_opened_from_the_list(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+s")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, SessionsScreen))
        await pilot.press("n")
        await stage.until(pilot, lambda: stage.client.ops == [NewSession()])

    asyncio.run(play(stage, script.DONE, act))


@pytest.mark.parametrize(
    ("line", "keys", "op"),
    [("/mode", ("down", "enter"), SetMode(mode="auto-edit")), ("/model", ("down", "enter"), SetModel(model="qwen"))],
)
def test_modes_and_models_are_chosen_from_a_list(stage: Stage, line: str, keys: tuple[str, ...], op: object) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert(line)
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.app.screen is not stage.app.workbench)
        await pilot.press(*keys)
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, script.OPENED, act))


@pytest.mark.parametrize(
    ("keys", "op"),
    [
        (("1",), SetModel(model="nano", n_ctx=8192, kv_type="q8_0")),
        (("2",), SetModel(model="nano", n_ctx=4096, kv_type="f16")),
        (("enter",), SetModel(model="nano")),
        (("down", "down", "down", "enter"), SetModel(model="torn")),
    ],
)
def test_a_model_that_does_not_fit_is_loaded_with_less_by_one_key(
    stage: Stage, keys: tuple[str, ...], op: object
) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.insert("/models")
        await pilot.press("enter")
        await stage.until(pilot, lambda: stage.app.screen is not stage.app.workbench)
        await pilot.press(*keys)
        await stage.until(pilot, lambda: stage.client.ops == [op])

    asyncio.run(play(stage, script.OPENED, act))


def test_the_palette_runs_a_command(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+p")
        await stage.until(pilot, lambda: stage.app.screen is not stage.app.workbench)
        await pilot.press(*"retry")
        await stage.until(pilot, lambda: len(stage.app.screen.query("OptionList").first()._options) == 1)  # type: ignore[attr-defined]
        await pilot.press("enter", "enter")
        await stage.until(pilot, lambda: stage.client.ops == [RetryTurn()])

    asyncio.run(play(stage, script.FAILED, act))


def test_help_names_every_command(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+g")
        await stage.until(pilot, lambda: isinstance(stage.app.screen, HelpScreen))
        text = str(stage.app.screen.query("Static").first().render())
        assert [command.id for command in COMMANDS if command.title not in text] == []
        await pilot.press("q")
        await stage.until(pilot, lambda: stage.app.screen is stage.app.workbench)

    asyncio.run(play(stage, script.OPENED, act))


def test_search_finds_and_closes(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await pilot.press("ctrl+f")
        box = bench.query_one("#search")
        await stage.until(pilot, lambda: bench.focused is box)
        await pilot.press(*"right")
        await stage.until(pilot, lambda: box.border_subtitle == "1 found")
        await pilot.press("ctrl+f")
        await stage.until(pilot, lambda: bench.focused is bench.prompt and not box.display)

    asyncio.run(play(stage, script.DONE, act))


def test_copy_takes_the_last_answer_to_the_clipboard(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+y")
        await stage.until(pilot, lambda: stage.app.clipboard.startswith("Wrote `fibonacci.py`"))

    asyncio.run(play(stage, script.DONE, act))


def test_copy_takes_a_file_without_its_fences(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+y")
        await stage.until(pilot, lambda: stage.app.clipboard == script.CODE)

    asyncio.run(play(stage, script.WRITTEN, act))


def test_export_writes_the_chat_and_never_over_a_file(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.app.do_export("out/chat.md")
        path = stage.app.options.workspace / "out" / "chat.md"
        await stage.until(pilot, path.exists)
        assert "Create Fibonacci function" in path.read_text()
        before = path.read_text()
        stage.app.do_export("out/chat.md")
        stage.app.do_export("../chat.md")
        assert path.read_text() == before
        assert not (stage.app.options.workspace.parent / "chat.md").exists()

    asyncio.run(play(stage, script.DONE, act))


def test_a_file_chosen_in_the_tree_is_named_in_the_prompt(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.until(pilot, lambda: len(bench.files.root.children) == 3)
        await pilot.press("ctrl+o", "down", "enter")
        await stage.until(pilot, lambda: bench.prompt.text == "@greet.py ")

    asyncio.run(play(stage, script.OPENED, act))


def test_a_keymap_moves_a_key(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path), keymap={"turn.cancel": "ctrl+x", "approval.allow": "o"})

    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await pilot.press("y")
        assert stage.client.ops == []
        await pilot.press("o", "ctrl+x")
        await stage.until(pilot, lambda: CancelTurn() in stage.client.ops and len(stage.client.ops) == 2)

    asyncio.run(play(stage, script.ACTING, act))


def test_a_keymap_that_cannot_be_is_reported(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path), keymap={"turn.cancle": "ctrl+x", "approval.allow": "n"})

    async def act(pilot: Pilot[Any]) -> None:
        told = [notification.message for notification in stage.app._notifications]
        assert any("turn.cancle" in text for text in told)
        assert any("approval.allow" in text and "approval.reject" in text for text in told)

    asyncio.run(play(stage, script.OPENED, act))


def test_a_lost_engine_shows_a_banner_and_starts_again(tmp_path: Path) -> None:
    fresh = ScriptedClient(script.DONE)
    calls: list[Any] = []
    stage = Stage(
        make_workspace(tmp_path),
        restart=lambda: fresh,
        watch_gone=lambda client, gone: calls.append((client, gone)),
    )

    async def act(pilot: Pilot[Any]) -> None:
        bench = stage.app.workbench
        await stage.until(pilot, lambda: len(calls) == 1)
        thread = threading.Thread(target=calls[0][1], args=("The engine ended.",))
        thread.start()
        await stage.until(pilot, lambda: bench.query_one("#banner").display)
        thread.join()
        await pilot.press("ctrl+r")
        await stage.until(pilot, lambda: not bench.query_one("#banner").display and not stage.app.view.busy)
        assert [client for client, _ in calls] == [stage.client, fresh]
        await pilot.press(*"go", "enter")
        await stage.until(pilot, lambda: fresh.ops == [SubmitPrompt(text="go")])

    asyncio.run(play(stage, script.WRITING, act))


def test_an_engine_that_ends_under_an_op_shows_the_banner(stage: Stage) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        stage.client.gone = "The engine ended."
        await pilot.press(*"go", "enter")
        await stage.until(pilot, lambda: stage.app.workbench.query_one("#banner").display)

    asyncio.run(play(stage, script.OPENED, act))


def test_no_command_needs_a_key_that_phones_lack() -> None:
    for command in COMMANDS:
        if command.keys:
            good = [k for k in command.keys if not k.startswith(("f1", "f2", "alt+", "shift+", "escape"))]
            assert good, command.id
        if command.scope == "app" and command.palette:
            assert command.slash or command.keys, command.id


def test_a_theme_file_that_changes_is_drawn_anew(tmp_path: Path) -> None:
    themes = tmp_path / "themes"
    themes.mkdir()
    theme = themes / "mine.toml"
    theme.write_text('name = "mine"\n[colors]\nprimary = "#112233"\n')
    stage = Stage(make_workspace(tmp_path), user_themes_dir=themes, theme="mine")

    async def act(pilot: Pilot[Any]) -> None:
        assert stage.app.theme_variables["primary"] == "#112233"
        theme.write_text('name = "mine"\n[colors]\nprimary = "#445566"\n')
        await stage.until(pilot, lambda: stage.app.theme_variables["primary"] == "#445566")

    asyncio.run(play(stage, script.OPENED, act))


def test_a_theme_that_is_not_there_falls_back_and_is_reported(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path), theme="nowhere")

    async def act(pilot: Pilot[Any]) -> None:
        assert stage.app.theme == "codey-dark"
        assert any("nowhere" in notification.message for notification in stage.app._notifications)

    asyncio.run(play(stage, script.OPENED, act))
