"""The pure helpers of the screen: completion, history, keymap, themes, and the one-line texts."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from codey_tui.protocol.actions import ActionResult
from codey_tui.tui import meters
from codey_tui.tui.commands import BY_SLASH, COMMANDS
from codey_tui.tui.completion import mention, mentioned, propose, rank
from codey_tui.tui.history import History
from codey_tui.tui.keymap import check_keymap
from codey_tui.tui.state import View
from codey_tui.tui.telling import action_text, code, duration, memory, size
from codey_tui.tui.themes import ThemeError, read_theme, read_themes
from codey_tui.tui.view import fold
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import GAUGES, envelopes

THEMES = Path(__file__).parents[3] / "themes"


def view_of(name: str) -> View:
    view = View()
    for envelope in envelopes(getattr(script, name)):
        view = fold(view, envelope)
    return view


def said(segments: meters.Segments) -> str:
    return "".join(text for text, _ in segments)


# --- completion ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["a.py", "my file.py", "src/@types/a.ts", "@odd.py", "really?", "a(1).py", "ein süßes.py"]
)
def test_a_file_is_found_again_by_what_names_it(path: str) -> None:
    assert mentioned(f"explain {mention(path)}, please") == (path,)
    assert propose("explain @", True, [path]).items[0].text == mention(path)


@pytest.mark.parametrize("path", ["bad\udcff.py", "two\nlines.py", 'a "b" c.py', "esc\x1b[31m.py"])
def test_a_file_whose_name_cannot_be_typed_is_not_proposed(path: str) -> None:
    assert mention(path) == ""
    assert propose("explain @", True, [path]).items == ()


def test_names_that_begin_with_the_word_come_first() -> None:
    files = ["docs/main.md", "src/domain.py", "main.py", "m/a/i/n.txt"]
    assert rank("main", files) == ["docs/main.md", "main.py", "src/domain.py", "m/a/i/n.txt"]


def test_commands_are_proposed_on_the_first_line_only() -> None:
    assert [item.text for item in propose("/mo", True, ()).items] == ["/mode", "/model", "/models"]
    assert propose("/mo", False, ()).items == ()
    assert propose("a /mo", True, ()).items == ()


def test_an_address_is_no_file() -> None:
    assert propose("mail me@ho", True, ["home.txt"]).items == ()
    assert propose("see @ho", True, ["home.txt"]).start == 4


def test_mentioned_files_come_once_without_their_full_stop() -> None:
    assert mentioned("look at @a.py, then @b/c.py. And @a.py again, me@x.org") == ("a.py", "b/c.py")


# --- history -------------------------------------------------------------------------------------------------------------
def test_history_reads_what_a_power_cut_left(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('"one"\n"two\\nlines"\n17\n"cut')
    assert History(path).items == ["one", "two\nlines"]


def test_the_history_keeps_in_its_file_what_may_stand_there(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    history = History(path, lambda text: text.replace("key", "[hidden]"))
    history.add("my key")
    assert history.earlier("") == "my key"
    assert History(path).items == ["my [hidden]"]


def test_history_keeps_what_some_take_for_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    prompts = ["one\u2028two", "three\x85four", "cut \udcff off"]
    history = History(path)
    for text in prompts:
        history.add(text)
    assert history.problem == ""
    assert History(path).items == prompts


def test_a_history_that_cannot_be_kept_holds_for_this_screen(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").mkdir()
    history = History(tmp_path / "prompts.jsonl")
    history.add("one")
    assert history.items == ["one"]
    assert "cannot be written" in history.problem


def test_history_keeps_a_repeated_prompt_once() -> None:
    history = History()
    for text in ("a", "b", "b"):
        history.add(text)
    assert history.items == ["a", "b"]
    assert [history.earlier("draft"), history.earlier(""), history.earlier("")] == ["b", "a", None]
    assert [history.later(), history.later(), history.later()] == ["b", "draft", None]


# --- commands and keymap ---------------------------------------------------------------------------------------------------
def test_ids_and_slashes_are_used_once() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert len(BY_SLASH) == len([command for command in COMMANDS if command.slash])


def test_the_default_keys_do_not_clash() -> None:
    everything = {command.id: ",".join(command.keys) for command in COMMANDS if command.keys}
    assert check_keymap(everything)[1] == []


def test_a_keymap_is_checked() -> None:
    used, problems = check_keymap({"turn.retry": "ctrl+x", "no.such": "a", "app.quit": " ", "plan.drop": "y"})
    assert used == {"turn.retry": "ctrl+x", "plan.drop": "y"}
    assert len(problems) == 3


# --- themes ---------------------------------------------------------------------------------------------------------------
def test_five_themes_one_light_and_one_of_high_contrast() -> None:
    themes, problems = read_themes([THEMES])
    assert problems == []
    assert {theme.name for theme in themes} == {"codey-dark", "codey-light", "high-contrast", "ember", "tide"}
    assert [theme.name for theme in themes if not theme.dark] == ["codey-light"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "Invalid value"),
        ('name = "x"\n[colors]\nprimary = "no colour"\n', "is not a colour"),
        ('name = "x"\n[colors]\n', "primary"),
        ('name = "x"\nsize = 3\n[colors]\nprimary = "#fff"\n', "size"),
        ('name = "a b"\n[colors]\nprimary = "#fff"\n', "name"),
    ],
)
def test_a_bad_theme_is_reported_and_skipped(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "good.toml").write_text('name = "good"\n[colors]\nprimary = "#123456"\n')
    themes, problems = read_themes([None, tmp_path])
    assert [theme.name for theme in themes] == ["good"]
    assert len(problems) == 1
    assert "bad.toml" in problems[0]
    assert told in problems[0]


def test_a_theme_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r"gone\.toml"):
        read_theme(tmp_path / "gone.toml")


# --- one-line texts ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [46, 60, 78, 118])
@pytest.mark.parametrize("name", ["OPENED", "LOADING", "READING", "WRITING", "ACTING", "RUNNING", "FAILED", "NO_MODEL"])
def test_lines_fit_their_width(name: str, width: int) -> None:
    view = view_of(name)
    assert meters.width_of(meters.gauges(view, 44 * 2**20, 0, width)) <= width
    assert meters.width_of(meters.progress(view, width)) <= width
    for folder in ("demo", "wo rk ünï日本", "日本" * 40):
        assert meters.width_of(meters.heading(view, folder, width)) == width


def test_gauges_say_what_the_system_does_not_tell() -> None:
    view = replace(view_of("OPENED"), gauges=replace(GAUGES, temperature=None))
    assert "CPU n/a" in said(meters.gauges(view, 0, 0, 118))


def test_memory_is_that_of_screen_engine_and_models_against_the_budget() -> None:
    assert "RAM 254 MB of 5.5 GB" in said(meters.gauges(view_of("OPENED"), 44 * 2**20, 0, 118))


def test_progress_tells_tokens_of_ceiling_chunk_and_time_left() -> None:
    text = said(meters.progress(view_of("WRITING"), 118))
    assert "Writing fibonacci.py" in text
    assert "chunk 1 of 2" in text
    assert "/384 tokens" in text
    assert "at most" in text


def test_a_sparkline_scales_to_its_highest_value() -> None:
    assert meters.sparkline([0, 1, 2], 8) == "▁▅█"
    assert meters.sparkline([1, 2, 2], 2) == "██"
    assert meters.sparkline([], 8) == meters.sparkline([0.0], 8) == ""


def test_quantities_read_well() -> None:
    assert [size(999), size(1500), size(2_500_000)] == ["999 B", "1.5 KB", "2.5 MB"]
    assert [memory(44 * 2**20), memory(5600 * 2**20)] == ["44 MB", "5.5 GB"]
    assert [duration(0.25), duration(42.2), duration(125), duration(7200)] == ["0.2 s", "42 s", "2 min 5 s", "2.0 h"]


def test_output_with_a_fence_inside_keeps_its_block() -> None:
    assert code("a\n```\nb", "").startswith("````\n")
    result = ActionResult(ok=False, summary="exit 2", output="x\x1b[31my", exit_code=2, truncated=True)
    text = action_text(result)
    assert "xy" in text
    assert "cut short" in text
    assert "exit 2" in text
