"""Settings: five layers, and one sentence for every mistake."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from codey_tui.paths import Paths
from codey_tui.settings import DESCRIPTIONS, FIELDS, Settings, SettingsError, computed_defaults, describe, load
from codey_tui.telemetry import physical_cores, total_memory


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.locate({f"CODEY_{name}_DIR": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")})


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def user(paths: Paths, values: object) -> None:
    paths.config_dir.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text(values if isinstance(values, str) else json.dumps(values))


def local(workspace: Path, values: dict[str, Any]) -> None:
    (workspace / ".codey").mkdir(exist_ok=True)
    (workspace / ".codey" / "config.json").write_text(json.dumps(values))


def test_first_run_writes_the_computed_values(paths: Paths, workspace: Path) -> None:
    settings = load(paths, workspace, {})
    written = json.loads(paths.config_file.read_text())
    assert written["memory_budget_mb"] == settings.memory_budget_mb == total_memory() * 7 // 10 >> 20
    assert written["n_threads"] == settings.n_threads == physical_cores()
    assert set(written) == set(FIELDS)
    assert (settings.context_tokens, settings.generation_timeout_s, settings.approval_mode) == (4096, 300, "ask")
    assert stat.S_IMODE(paths.config_dir.stat().st_mode) == 0o700
    assert [file.name for file in paths.config_dir.iterdir()] == ["config.json"], "no draft is left"


def test_second_run_leaves_the_file_alone(paths: Paths, workspace: Path) -> None:
    user(paths, {"theme": "paper"})
    before = paths.config_file.read_bytes()
    assert load(paths, workspace, {}).theme == "paper"
    assert paths.config_file.read_bytes() == before


def test_later_layers_win(paths: Paths, workspace: Path) -> None:
    user(paths, {"theme": "user", "context_tokens": 2048, "mouse": False})
    assert load(paths, workspace, {}).theme == "user"
    local(workspace, {"theme": "workspace"})
    assert load(paths, workspace, {}).theme == "workspace"
    assert load(paths, workspace, {"CODEY_THEME": "variable"}).theme == "variable"
    settings = load(paths, workspace, {"CODEY_THEME": "variable"}, {"theme": "flag", "model": None})
    assert (settings.theme, settings.context_tokens, settings.mouse) == ("flag", 2048, False)


def test_variables_are_read_as_their_types(paths: Paths, workspace: Path) -> None:
    env = {
        "CODEY_N_THREADS": "3",
        "CODEY_MOUSE": "false",
        "CODEY_TEMPERATURE": "0.5",
        "CODEY_KEYMAP": '{"approval.allow": "ctrl+y"}',
        "CODEY_DATA_DIR": "/elsewhere",
        "CODEY_OF_SOMEBODY_ELSE": "1",
    }
    settings = load(paths, workspace, env)
    assert (settings.n_threads, settings.mouse, settings.temperature) == (3, False, 0.5)
    assert settings.keymap == {"approval.allow": "ctrl+y"}


def test_a_model_may_be_a_path(paths: Paths, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(paths, workspace, {"CODEY_MODEL": "small.gguf"}).model == str(tmp_path / "small.gguf")
    assert load(paths, workspace, {"CODEY_MODEL": "small"}).model == "small"
    assert load(paths, workspace, {}, {"model": "./m/x.gguf"}).model == str(tmp_path / "m" / "x.gguf")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"themes": "x"}, r'config\.json: "themes" is not a setting\. Did you mean "theme"\?'),
        ({"quux": 1}, r'"quux" is not a setting\. The settings are: memory_budget_mb,'),
        (
            {"n_threads": "four"},
            r'"n_threads" has a value that does not fit: \'four\' \(expected \'int\'.*Threads that',
        ),
        ({"n_threads": 0}, r'"n_threads" .*>= 1'),
        ({"n_threads": True}, r'"n_threads" .*expected \'int\', got \'bool\''),
        ({"approval_mode": "yolo"}, r'"approval_mode" .*invalid enum value'),
        ({"theme": "../../etc/passwd"}, '"theme" has a value'),
        ({"models": {"a": {"file": "x"}}}, '"models" has a value'),
        ("{ not json", "is not valid JSON.*It was not changed"),
        ("[1, 2]", "does not hold a JSON object"),
    ],
)
def test_mistakes_in_the_file_are_told_and_left(paths: Paths, workspace: Path, values: object, said: str) -> None:
    user(paths, values)
    before = paths.config_file.read_bytes()
    with pytest.raises(SettingsError, match=said):
        load(paths, workspace, {})
    assert paths.config_file.read_bytes() == before


def test_mistakes_elsewhere_name_their_place(paths: Paths, workspace: Path) -> None:
    with pytest.raises(SettingsError, match=r'the variable CODEY_N_THREADS: "n_threads"'):
        load(paths, workspace, {"CODEY_N_THREADS": "x"})
    with pytest.raises(SettingsError, match=r"CODEY_THEMES.*Did you mean CODEY_THEME"):
        load(paths, workspace, {"CODEY_THEMES": "x"})
    with pytest.raises(SettingsError, match="the flag --approval-mode"):
        load(paths, workspace, {}, {"approval_mode": "never"})


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"memory_budget_mb": 1_000_000}, "memory_budget_mb"),
        ({"models": {"x": {"path": "/tmp/x.gguf"}}}, "models"),
        ({"model": "../evil.gguf"}, "model"),
        ({"approval_mode": "auto"}, "approval_mode"),
        ({"keymap": {"approval.allow": "enter"}}, "keymap.approval.allow"),
    ],
)
def test_a_workspace_sets_only_harmless_things(paths: Paths, workspace: Path, values: dict[str, Any], key: str) -> None:
    local(workspace, values)
    with pytest.raises(SettingsError) as caught:
        load(paths, workspace, {})
    assert caught.value.key == key
    assert ".codey/config.json" in str(caught.value)


def test_a_workspace_may_be_stricter_and_add_keys(paths: Paths, workspace: Path) -> None:
    user(paths, {"approval_mode": "auto-edit", "keymap": {"app.quit": "ctrl+q"}})
    local(workspace, {"approval_mode": "plan", "context_tokens": 1024, "keymap": {"app.help": "ctrl+h"}})
    settings = load(paths, workspace, {})
    assert (settings.approval_mode, settings.context_tokens) == ("plan", 1024)
    assert settings.keymap == {"app.quit": "ctrl+q", "app.help": "ctrl+h"}


def test_a_workspace_file_that_is_no_file_does_not_hang(paths: Paths, workspace: Path) -> None:
    (workspace / ".codey" / "config.json").mkdir(parents=True)
    with pytest.raises(SettingsError, match="not a regular file"):
        load(paths, workspace, {})


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "config").write_text("a file stands where the folder should be")
    paths = Paths.locate({"CODEY_CONFIG_DIR": str(tmp_path / "config"), "CODEY_DATA_DIR": str(tmp_path / "data")})
    with pytest.raises(SettingsError, match=r"cannot be written.*CODEY_CONFIG_DIR"):
        load(paths, workspace, {})


def test_every_setting_has_its_sentence() -> None:
    settings = Settings(**computed_defaults())
    assert [name for name, _, _ in describe(settings)] == list(FIELDS)
    for name, sentence in DESCRIPTIONS.items():
        assert sentence.endswith("."), name
        assert len(sentence) > 20, name


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CODEY_IDLE_EXIT_S", "inf", "finite"),
        ("CODEY_TEMPERATURE", "nan", "fit"),
        ("CODEY_MOUSE", "off", "true or false"),
    ],
)
def test_what_is_no_figure_or_no_answer_is_told(
    paths: Paths, workspace: Path, variable: str, value: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        load(paths, workspace, {variable: value})


def test_a_flag_is_named_as_every_command_knows_it(paths: Paths, workspace: Path) -> None:
    with pytest.raises(SettingsError, match="the flag --context:"):
        load(paths, workspace, {}, {"context_tokens": 10})
