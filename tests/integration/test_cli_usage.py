"""The command line without an engine: help, usage, bad input, each with an exit status and a sentence."""

import errno
import json
import os
import pty
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from codey_tui import __version__
from codey_tui.cli import cli, own_checks
from codey_tui.cli.failure import guarded
from codey_tui.cli.terminal import RESTORE, plain
from codey_tui.offers import models_elsewhere
from codey_tui.paths import Paths
from tests.fakes.shell import ROOT, codey, command, environment
from tests.fakes.tiny_gguf import write_tiny_gguf

COMMANDS = ("audit", "config", "doctor", "forget", "reset", "run", "sessions", "stop", "undo")


def one_sentence(error: str) -> str:
    """The one line that standard error holds."""
    assert "Traceback" not in error
    lines = error.strip().splitlines()
    assert len(lines) == 1, error
    assert lines[0].startswith("Error: ")
    return lines[0]


def test_help_names_every_command_and_not_the_hidden_one():
    shown = CliRunner().invoke(cli, ["--help"])
    assert shown.exit_code == 0
    for name in COMMANDS:
        assert f"  {name} " in shown.output
        assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0
    assert "  engine " not in shown.output


def test_forget_removes_the_states_of_one_session_or_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEY_DATA_DIR", str(tmp_path))
    folder = tmp_path / "kv"
    folder.mkdir()
    for name in ("one", "two", "fixed-3"):
        (folder / f"0123456789abcdef.{name}.kv").write_bytes(b"x" * 2**20)
    runner = CliRunner()
    assert runner.invoke(cli, ["forget", "one"]).output == "Removed 1 saved prompt of the session one (1.0 MiB).\n"
    empty = runner.invoke(cli, ["forget", ""])
    assert empty.exit_code == 2 and "id is empty" in empty.output
    assert {file.name.split(".")[1] for file in folder.iterdir()} == {"two", "fixed-3"}
    assert runner.invoke(cli, ["forget"]).output == "Removed 2 saved prompts of all sessions (2.0 MiB).\n"
    assert runner.invoke(cli, ["forget", "../x"]).output == "No prompts of the session ../x are on the disk.\n"


def test_help_loads_neither_the_screen_nor_a_model():
    program = (
        "import sys; from codey_tui.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment())
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint({"textual", "llama_cpp", "numpy", "docker", "sqlite_utils", "asyncio", "psutil"})


def test_version():
    assert CliRunner().invoke(cli, ["--version"]).output == f"codey, version {__version__}\n"


def test_without_a_terminal_it_says_how_to_go_on():
    done = codey()
    assert done.returncode == 2
    assert "codey run" in one_sentence(done.stderr)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "hi", "--workspace", "/nowhere/at/all"], "/nowhere/at/all"),
        (["run", "hi", "--workspace", "/etc/hostname"], "not a folder"),
        (["run", ""], "empty"),
        (["run", "   \n"], "empty"),
        (["run", "-"], "empty"),
        (["run", "hi", "--model", "no-such-model"], "no-such-model"),
        (["--model", "no-such-model", "run", "hi"], "no-such-model"),
        (["--workspace", "/nowhere", "run", "hi"], "/nowhere"),
        (["sessions", "--workspace", "/nowhere"], "/nowhere"),
        (["stop", "--workspace", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_told_in_one_sentence(args: list[str], said: str):
    done = codey(*args)
    assert done.returncode == 2, done.stderr
    assert said in one_sentence(done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["fly"],
        ["run", "hi", "--approve", "maybe"],
        ["undo", "--turn", "0"],
        ["--approval-mode", "never"],
        ["run", "a", "b"],
        ["bench", "speed", "--seconds", "nan"],
        ["models", "probe", "--seconds", "nan"],
    ],
)
def test_bad_usage_exits_2(args: list[str]):
    done = codey(*args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr


def test_a_prompt_that_is_no_text_is_told():
    done = codey("run", "-", text=False, input=b"\xff\xfe make it")
    assert done.returncode == 2
    assert b"UTF-8" in done.stderr


def test_a_broken_setting_is_named(home: Path):
    folder = home / ".config" / "codey"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"n_threads": "many"}')
    done = codey("run", "hi")
    assert done.returncode == 2
    assert "n_threads" in one_sentence(done.stderr)


def test_reset_prints_what_restores_a_terminal():
    done = codey("reset", text=False)
    assert done.stdout == RESTORE.encode()
    for mode in (1049, 1000, 1003, 1006, 2004):
        assert f"\x1b[?{mode}l" in RESTORE


def test_stop_where_nothing_runs(tmp_path: Path):
    done = codey("stop", "--workspace", str(tmp_path))
    assert done.returncode == 0
    assert "No engine runs" in done.stdout


def test_config_names_the_source_of_each_value(tmp_path: Path):
    (tmp_path / ".codey").mkdir()
    (tmp_path / ".codey" / "config.json").write_text('{"theme": "ember"}')
    done = codey("config", "--json", cwd=tmp_path, env={"CODEY_N_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["settings"]}
    assert (rows["n_threads"]["value"], rows["n_threads"]["source"]) == (1, "CODEY_N_THREADS")
    assert rows["theme"]["value"] == "ember"
    assert rows["theme"]["source"].endswith(".codey/config.json")
    assert "theme" in codey("config", cwd=tmp_path).stdout


def test_control_codes_of_others_do_not_reach_the_terminal():
    assert plain("a\x1b[31mred\x1b[0m\x1b]0;title\x07\x07\r\nb\tc\x9b1m") == "ared\nb\tc"


@pytest.mark.terminal
def test_doctor_looks_at_everything_and_never_falls_over(tmp_path: Path):
    done = codey("doctor", "--json", cwd=tmp_path, env={"PATH": "/nowhere", "TERM": "dumb"})
    assert done.returncode == 0, done.stdout + done.stderr
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    for name in (
        "Codey",
        "Python",
        "llama.cpp",
        "CPU features",
        "memory",
        "memory budget",
        "threads",
        "router",
        "thermal source",
        "git",
        "Docker",
        "bubblewrap",
        "Landlock",
        "sandbox",
        "terminal",
        "engine",
        "socket",
    ):
        assert name in found, done.stdout
    assert found["git"]["level"] == "warn"
    assert found["git"]["hint"]
    assert any(name.startswith("model nano") for name in found)


def test_doctor_tells_a_broken_setting_and_a_missing_model(home: Path, tmp_path: Path):
    done = codey("doctor", cwd=tmp_path, env={"CODEY_MODEL": str(tmp_path / "gone.gguf")})
    assert done.returncode == 1
    assert "gone.gguf" in done.stdout
    done = codey("doctor", cwd=tmp_path, env={"CODEY_N_THREADS": "many"})
    assert done.returncode == 1
    assert "CODEY_N_THREADS" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = codey("config", stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path)
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user whom the machine does not know and who has no home, as in many a container."""

    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("name", ["config", "forget", "models list"])
def test_without_a_home_it_says_what_to_set(name: str, capsys: pytest.CaptureFixture[str]):
    assert guarded(lambda: cli.main(name.split(), standalone_mode=False)) == 2
    assert "HOME" in one_sentence(capsys.readouterr().err)


@pytest.mark.usefixtures("homeless")
def test_doctor_and_the_models_go_on_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert [(found.name, found.level) for found in own_checks.check(tmp_path)][-1] == ("folders", "bad")
    for name in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"CODEY_{name}_DIR", str(tmp_path / name))
    assert models_elsewhere(Paths.locate(os.environ)) == []


@pytest.mark.parametrize(
    ("closed", "args", "status"),
    [
        ("<&-", [], 2),
        ("<&-", ["run", "-"], 2),
        ("<&- >&-", ["config"], 0),
        (">&-", ["--version"], 0),
        ("2>&-", ["run", ""], 2),
    ],
)
def test_a_standard_stream_that_is_closed_is_an_empty_one(tmp_path: Path, closed: str, args: list[str], status: int):
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command(*args)]
    done = subprocess.run(shell, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    assert "went wrong" not in done.stderr


def test_names_that_are_no_text_are_told_or_escaped(home: Path, tmp_path: Path):
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    odd.mkdir()
    done = codey("run", "list files", cwd=odd)
    assert done.returncode == 2
    assert "not UTF-8" in one_sentence(done.stderr)
    model = home / ".lmstudio" / "models" / os.fsdecode(b"n\xe9.gguf")
    model.parent.mkdir(parents=True)
    write_tiny_gguf(model, say=["x"])
    assert [found["path"] for found in json.loads(codey("models", "import", "--json").stdout)] == [str(model)]
    fit = codey("models", "fit", str(model))
    assert fit.returncode == 2
    assert "not UTF-8" in one_sentence(fit.stderr)


def test_what_the_terminal_cannot_show_is_an_escape(tmp_path: Path):
    done = codey("route", "x", cwd=tmp_path, env={"PYTHONIOENCODING": "latin-1"}, encoding="latin-1")
    assert done.returncode == 0, done.stderr
    assert "\\u201cx\\u201d" in done.stdout


@pytest.mark.terminal
def test_in_a_terminal_a_folder_that_is_none_is_told_before_any_screen():
    main, terminal = pty.openpty()
    try:
        done = codey("--workspace", "/nowhere", stdin=terminal, stdout=terminal, stderr=subprocess.PIPE)
    finally:
        os.close(terminal)
        os.close(main)
    assert done.returncode == 2
    assert "/nowhere" in one_sentence(done.stderr)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENOTDIR])
def test_what_the_machine_refuses_is_one_sentence(number: int, capsys: pytest.CaptureFixture[str]):
    def command() -> int:
        raise OSError(number, os.strerror(number))

    assert guarded(command) == 1
    assert os.strerror(number) in one_sentence(capsys.readouterr().err)
