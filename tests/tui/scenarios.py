"""The scenarios that snapshots and screenshots share: a name, the events, the keys pressed after them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from textual.pilot import Pilot

from codey_tui.protocol.events import Event
from codey_tui.tui.app import CodeyApp, EngineWentAway
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import ScriptedClient
from tests.tui.stage import Stage, make_workspace

SIZES = ((80, 24), (120, 36), (48, 60))
_ASKING = ("planned", "big-plan", "action", "diff", "dangerous", "reason", "trimmed", "costly")


class Scenario(msgspec.Struct, frozen=True):
    """What is shown: events, then keys. `files` are in the workspace beside the usual ones."""

    events: Sequence[Event]
    keys: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gone: str = ""


_FILE = ("fibonacci.py",)
SCENARIOS: dict[str, Scenario] = {
    "empty": Scenario(script.OPENED),
    "no-model": Scenario(script.NO_MODEL),
    "planned": Scenario(script.PLANNED),
    "big-plan": Scenario(script.BIG_PLANNED),
    "trimmed": Scenario(script.BIG_PLANNED, ("j", "down", "down", "d")),
    "loading": Scenario(script.LOADING),
    "reading": Scenario(script.READING),
    "writing": Scenario(script.WRITING, files=_FILE),
    "action": Scenario(script.ACTING, files=_FILE),
    "reason": Scenario(script.ACTING, ("e", *"use python3.12"), _FILE),
    "diff": Scenario(script.DIFFING, files=_FILE),
    "costly": Scenario(script.COSTLY, ("down", "d")),
    "dangerous": Scenario(script.DANGEROUS, files=_FILE),
    "running": Scenario(script.RUNNING, files=_FILE),
    "done": Scenario(script.DONE, files=_FILE),
    "undone": Scenario(script.UNDONE),
    "failed": Scenario(script.FAILED),
    "rejected": Scenario(script.REJECTED),
    "answered": Scenario(script.ANSWERED),
    "gone": Scenario(script.WRITING, files=_FILE, gone="The engine ended (signal 9)."),
    "help": Scenario(script.OPENED, ("ctrl+g",)),
    "palette": Scenario(script.OPENED, ("ctrl+p",)),
    "quit": Scenario(script.WRITING, ("ctrl+q",), _FILE),
    "sessions": Scenario(script.OPENED, ("ctrl+s",)),
    "modes": Scenario(script.OPENED, (*"/mode", "enter")),
    "models": Scenario(script.OPENED, (*"/model", "enter")),
    "fits": Scenario(script.OPENED, (*"/models", "enter")),
    "pulling": Scenario(script.PULLING, (*"/models", "enter")),
    "beyond": Scenario(script.BEYOND),
    "themes": Scenario(script.OPENED, (*"/theme", "enter")),
    "commands": Scenario(script.OPENED, (*"/s",)),
    "files": Scenario(script.OPENED, (*"Explain @",)),
    "tree": Scenario(script.DONE, ("ctrl+o",), _FILE),
    "search": Scenario(script.DONE, ("ctrl+f", *"fibonacci"), _FILE),
    "lines": Scenario(script.DONE, (*"First line", "ctrl+j", *"second line"), _FILE),
    "message": Scenario(script.ANSWERED, ("shift+tab", "up", "up", "enter")),
}


def stage_of(name: str, root: Path, **options: Any) -> Stage:
    """A stage for a scenario in a new folder."""
    return Stage(make_workspace(root, *SCENARIOS[name].files), restart=ScriptedClient, **options)


async def act_out(stage: Stage, name: str, pilot: Pilot[Any]) -> None:
    """Bring the app into the state of a scenario and wait until it stands still."""
    scenario = SCENARIOS[name]
    app: CodeyApp = stage.app
    await stage.until(pilot, lambda: len(app.workbench.files.root.children) == 3 + len(scenario.files))
    stage.show(scenario.events)
    last = stage.client.sent[-1].seq
    await stage.until(pilot, lambda: app.view.seq >= last)
    if name in _ASKING:
        await stage.ready_to_answer(pilot)
    if scenario.gone:
        app.post_message(EngineWentAway(scenario.gone))
        await stage.until(pilot, lambda: app.engine_is_gone)
    for key in scenario.keys:
        await pilot.press(key)
    if name == "files":
        await stage.until(pilot, lambda: app.workbench.completions.display)
    if name in ("help", "palette", "quit", "sessions", "modes", "models", "fits", "pulling", "themes", "message"):
        await stage.until(pilot, lambda: app.screen is not app.workbench)
    if name == "palette":
        await stage.until(pilot, lambda: app.screen.query("CommandList").first().display)
    app.clear_notifications()
    await pilot.pause(0.1)
    _hide_cursors(app)
    await pilot.pause()


def _hide_cursors(app: CodeyApp) -> None:
    from textual.widgets import Input, TextArea

    for screen in app.screen_stack:
        for field in screen.query(Input):
            field.cursor_blink = False
        for area in screen.query(TextArea):
            area.cursor_blink = False
