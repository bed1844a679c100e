"""Text that would steer a terminal, sent by every way on which text reaches the screen: none of it arrives."""

import asyncio
import re
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import AuditRow, Hunk, Preview, Rule
from codey_tui.protocol.models import SessionInfo
from codey_tui.tui.cleaning import clean, cleaned, one_line
from codey_tui.tui.driver.rows import Rows
from codey_tui.tui.ledgers import audit_entry, audit_rows, rule_rows
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import START, ScriptedClient
from tests.tui.stage import Stage, make_workspace, play

S = TypeVar("S")
HOSTILE = (
    "\x1b]52;c;cm0gLXJm\x07\x1b]8;;http://evil.invalid\x1b\\link\x1b]8;;\x1b\\\x1b[2J\x1b[1;1H\x1b]0;title\x07"
    "\x9b31m\x9d0;t\x9c\x90q\x9c\x07\x08\x7f\u202egnp.exe\u2066x\u2069\rsafe[red]m[/red][/]\x1bc\x1b(0"
)
TERMINAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def hostile(value: S) -> S:
    """The same struct with hostile text at the end of every free text in it; ids and what is one of a few words stay."""
    return typing.cast("S", _hostile(value, type(value)))


def _hostile(value: Any, kind: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        kinds = typing.get_type_hints(type(value))
        names = [name for name in value.__struct_fields__ if name != "id" and not name.endswith("_id")]
        changed = {name: _hostile(getattr(value, name), kinds[name]) for name in names if name != "stream"}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, str):
        return value + HOSTILE if kind is str else value
    if isinstance(value, tuple):
        inner = (typing.get_args(kind) or (Any,))[0]
        return tuple(_hostile(item, inner) for item in value)
    return value


def shown(stage: Stage) -> str:
    """All that is on the screen, as a terminal would get it but for moves and colours."""
    return "\n".join(strip.text for strip in stage.app.screen._compositor.render_strips())


async def settled(stage: Stage, pilot: Pilot[Any], *, expect: str = "") -> None:
    """Wait for what is expected, then look for anything that a terminal would obey."""
    await stage.until(pilot, lambda: expect in shown(stage))
    assert [found.group() for found in TERMINAL.finditer(shown(stage).replace("\n", ""))] == []


SCENES: dict[str, tuple[ev.Event, ...]] = {
    name: getattr(script, name) for name in dir(script) if name.isupper() and isinstance(getattr(script, name), tuple)
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("size", [(150, 50), (48, 60)])
def test_no_event_reaches_the_terminal_as_it_came(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        await settled(stage, pilot)
        stage.clock.now += 1.0
        await pilot.press("ctrl+t")
        await settled(stage, pilot)

    asyncio.run(play(stage, tuple(hostile(event) for event in SCENES[name]), act, size))


WINDOWS: dict[str, tuple[tuple[ev.Event, ...], tuple[str, ...], str]] = {
    "sessions": (script.DONE, ("ctrl+s",), "Sessions"),
    "models": (script.DONE, (*"/model", "enter"), "Model"),
    "files that are proposed": (script.OPENED, ("@", "e", "v"), "▸ @even.py"),
    "the tree of files": (script.OPENED, ("ctrl+o",), "evil"),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_no_window_shows_text_as_it_came(tmp_path: Path, name: str) -> None:
    before, keys, word = WINDOWS[name]
    session = SessionInfo(id="s2", title=f"two{HOSTILE}", created=START, updated=START, turns=1)
    client = ScriptedClient(sessions=(session,))
    client.models = tuple(hostile(model) for model in client.models)
    stage = Stage(make_workspace(tmp_path, f"evil{HOSTILE.replace('/', '')}.py", "even.py"), client)

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys)
        await settled(stage, pilot, expect=word)
        assert "@evil" not in shown(stage), "a name that cannot be typed is not proposed"

    asyncio.run(play(stage, tuple(hostile(event) for event in before), act, (150, 50)))


def test_rows_of_rules_and_actions_are_text() -> None:
    rule = hostile(Rule(tool="shell", pattern="git *", verdict="allow", reason="because"))
    row = AuditRow(
        action_id="a", session="s", turn=1, at=START, tool="shell", args={"command": HOSTILE}, preview="p", risk="read"
    )
    entry = audit_entry(hostile(row))
    rows = [*rule_rows([rule]), *audit_rows([hostile(row)])]
    for text in (entry.title, entry.text, *(part for found in rows for part in (found.label, found.detail))):
        assert TERMINAL.search(text) is None


def test_a_review_shows_names_and_lines_as_text(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))
    hunk = Hunk(old_start=1, old_count=1, new_start=1, new_count=1, lines=(f"-old{HOSTILE}", f"+new{HOSTILE}"))
    preview = Preview(
        kind="diff", title=f"Edit a{HOSTILE}", body=f"+new{HOSTILE}", path=f"a{HOSTILE}.py", hunks=(hunk,)
    )
    asked = tuple(
        msgspec.structs.replace(event, preview=preview) if isinstance(event, ev.ActionProposed) else event
        for event in script.ACTING
    )

    async def act(pilot: Pilot[Any]) -> None:
        await stage.ready_to_answer(pilot)
        await settled(stage, pilot, expect="[red]")
        await pilot.press("d")
        await settled(stage, pilot, expect="1 of 1 part")

    asyncio.run(play(stage, asked, act, (150, 50)))


@pytest.mark.parametrize(
    "tell",
    [
        lambda stage: stage.app.workbench.show_gone(f"The engine {HOSTILE} is gone.", True),
        lambda stage: stage.client.say(ev.Noticed(level="error", text=f"No such file: {HOSTILE}")),
    ],
    ids=["the engine's end", "a notice"],
)
def test_a_sentence_from_elsewhere_is_text(tmp_path: Path, tell: Callable[[Stage], object]) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        tell(stage)
        await settled(stage, pilot, expect="[red]")

    asyncio.run(play(stage, script.DONE, act, (150, 50)))


def test_what_is_told_in_passing_is_text(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        stage.app.notify(f"An error in {HOSTILE}", title=f"a{HOSTILE}")
        await stage.until(pilot, lambda: len(stage.app._notifications) == 1)
        (told,) = stage.app._notifications
        assert TERMINAL.search(told.message + told.title) is None
        assert not told.markup

    asyncio.run(play(stage, script.DONE, act))


def test_a_folder_with_a_hostile_name_is_named_as_text(tmp_path: Path) -> None:
    folder = tmp_path / ("evil" + HOSTILE.replace("/", ""))
    folder.mkdir()
    stage = Stage(folder)

    async def act(pilot: Pilot[Any]) -> None:
        await settled(stage, pilot, expect="[red]")

    asyncio.run(play(stage, script.DONE, act, (150, 50)))


def test_a_paste_brings_text_alone(tmp_path: Path) -> None:
    stage = Stage(make_workspace(tmp_path))

    async def act(pilot: Pilot[Any]) -> None:
        stage.app.workbench.prompt.post_message(events.Paste(f"one{HOSTILE}two"))
        await stage.until(pilot, lambda: stage.app.workbench.prompt.text.endswith("two"))
        assert TERMINAL.search(stage.app.workbench.prompt.text) is None
        await settled(stage, pilot)

    asyncio.run(play(stage, script.DONE, act, (150, 50)))


def test_the_driver_lets_moves_colours_and_links_through_and_nothing_else() -> None:
    frame = f"\x1b[1;1H\x1b[1;31mred\x1b[0m\x1b]8;id=1;http://a\x1b\\link\x1b]8;;\x1b\\\x1b[2;1Hnext{HOSTILE}"
    sent = Rows().changes(frame)
    rest = re.sub(r"\x1b\[[\d;]*[mH]|\x1b\]8;[^\x1b]*\x1b\\", "", sent)
    assert TERMINAL.search(rest.replace("\x1b\\", "")) is None
    assert "52;c" in rest  # its letters are harmless without what introduced them
    assert "\x1b]8;id=1;http://a\x1b\\" in sent


def test_clean_text_stays_as_it_is_and_quick_to_look_through() -> None:
    plain = "tabs\tand\nlines, café 漢字 👩‍💻 [red]"
    assert clean(plain) is plain
    assert clean("a\r\nb\rc") == "a\nbc"
    assert one_line("a\nb\tc") == "a b c"
    assert clean("\x1b]0;never ended") == "]0;never ended"
    assert clean("\udc9b31m") == "\ufffd31m"
    event = ev.Noticed(level="info", text="fine")
    assert cleaned(event) is event
    assert cleaned([event])[0] is event
    for unit in ("\x1b]", "\x1b[", "\x9d", "\x1b", "\x1b]x\x1b"):
        assert "\x1b" not in clean(unit * 100_000)
