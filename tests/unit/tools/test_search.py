"""The search tool, with our own searcher and, where it is installed, with ripgrep: the same files and lines."""

import shutil
import threading
from pathlib import Path

import pytest

from codey_tui.tools import ToolError
from codey_tui.tools.search import SearchArgs, SearchTool
from tests.fakes.tool_calls import ToolCalls

PROGRAMS = [program for program in ("", shutil.which("rg")) if program is not None]


@pytest.fixture
def found(calls: ToolCalls) -> ToolCalls:
    for path, text in {
        "a.py": "import os\n# TODO one\nx = 1\ny = 2\n# todo two\n",
        "src/b.js": "// TODO three\r\n",
        "notes.md": "TODO [four]\n",
        "build/out.py": "# TODO built\n",
        "src/generated.py": "# TODO generated\n",
        "src/kept.log": "TODO kept\n",
        "other.log": "TODO logged\n",
        ".env": "TODO=secret\n",
        ".gitignore": "build/\n*.log\n",
        "src/.gitignore": "generated.py\n!kept.log\n",
        ".git/config": "TODO never\n",
    }.items():
        calls.make(path, text)
    (calls.workspace / "picture.png").write_bytes(b"\x89PNG\0TODO")
    (calls.workspace / "link.py").symlink_to("a.py")
    return calls


def search(calls: ToolCalls, program: str, pattern: str, **args: object) -> list[str]:
    tool = SearchTool(program)
    wanted = SearchArgs(pattern=pattern, **args)  # pyright: ignore[reportArgumentType]
    tool.assess(wanted, calls.context)
    return tool.run(wanted, calls.context).output.splitlines()


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_git_ignores_and_what_is_secret_is_left_out(found: ToolCalls, program: str) -> None:
    assert search(found, program, "TODO") == [
        "a.py:2: # TODO one",
        "notes.md:1: TODO [four]",
        "src/b.js:1: // TODO three",
        "src/kept.log:1: TODO kept",
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_types_case_context_literals_and_folders(found: ToolCalls, program: str) -> None:
    assert search(found, program, "todo", ignore_case=True, types=("py",)) == [
        "a.py:2: # TODO one",
        "a.py:5: # todo two",
    ]
    assert search(found, program, "x = 1", context=1) == ["a.py-2- # TODO one", "a.py:3: x = 1", "a.py-4- y = 2"]
    assert search(found, program, "[four]", literal=True) == ["notes.md:1: TODO [four]"]
    assert search(found, program, r"^//\s+TODO \w+$", path="src") == ["src/b.js:1: // TODO three"]
    assert search(found, program, "TODO", path="src", types=("log",)) == ["src/kept.log:1: TODO kept"]
    assert "build/out.py:1: # TODO built" in search(found, program, "TODO", ignored=True)


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_stops_when_there_is_enough(calls: ToolCalls, program: str) -> None:
    calls.make("many.txt", "needle\n" * 100_000)
    result = SearchTool(program).run(SearchArgs(pattern="needle", matches=7), calls.context)
    assert (result.truncated, len(result.output.splitlines())) == (True, 7)
    assert "there are more" in result.summary


def test_lines_are_cut_and_control_characters_taken_out(calls: ToolCalls) -> None:
    calls.make("a.txt", "needle \x1b[31m" + "x" * 5000 + "\n")
    (line,) = search(calls, "", "needle")
    assert "\x1b" not in line
    assert len(line) < 400


@pytest.mark.parametrize("pattern", ["(", "a{2", "[z"])
def test_a_bad_pattern_gets_a_sentence(found: ToolCalls, pattern: str) -> None:
    if pattern == "a{2":  # Python takes this for plain text
        assert search(found, "", pattern) == []
        return
    with pytest.raises(ToolError, match="no regular expression"):
        search(found, "", pattern)


def test_a_pattern_that_takes_for_ever_is_cancelled(calls: ToolCalls) -> None:
    calls.make("a.txt", "a" * 64 + "!\n")
    threading.Timer(0.5, calls.cancel.set).start()
    with pytest.raises(ToolError, match="cancelled"):
        search(calls, "", "(a+)+$")


def test_places_outside_are_refused(calls: ToolCalls, tmp_path: Path) -> None:
    for path in ("../", "/etc", ".git"):
        with pytest.raises(ToolError):
            search(calls, "", "x", path=path)
