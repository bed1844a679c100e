"""Names and arguments as models write them."""

import pytest

from codey_tui.tools import ToolError, names, registry
from codey_tui.tools.file import FileArgs
from codey_tui.tools.shell import ShellArgs


def test_every_tool_has_its_own_name_and_sentence() -> None:
    assert registry.NAMES == tuple(tool.name for tool in registry.TOOLS) == (
        "file", "shell", "git", "search", "sqlite", "environment", "python",
    )  # fmt: skip
    assert all(tool.summary.endswith(".") for tool in registry.TOOLS)
    assert {*names.ALIASES.values(), *(tool for tool, _ in names.OPERATIONS.values())} <= set(registry.NAMES)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("file", "file"),
        (" Read ", "file"),
        ("bash", "shell"),
        ("Terminal", "shell"),
        ("shel", "shell"),
        ("sqllite", "sqlite"),
        ("git-status", "git"),
        ("enviroment", "environment"),
        ("grep", "search"),
    ],
)
def test_other_names_are_known(name: str, tool: str) -> None:
    assert registry.canonical(name) == tool
    assert registry.find(name).name == tool


def test_an_unknown_tool_gets_a_sentence() -> None:
    with pytest.raises(ToolError, match="The tools are: file, shell"):
        registry.find("quux")


def test_arguments_become_structs() -> None:
    file, shell = registry.TOOLS[:2]
    assert registry.decode(shell, {"command": "ls"}) == ShellArgs(command="ls")
    assert registry.decode(shell, {"cmd": "ls", "timeout": "5"}) == ShellArgs(command="ls", seconds=5)
    assert registry.decode(file, {"op": "read", "filename": "a", "start": "2"}) == FileArgs(
        op="read", path="a", start=2
    )
    assert registry.decode(file, {"path": "a"}, "read_file") == FileArgs(op="read", path="a")
    assert registry.decode(file, {"op": "list"}, "read") == FileArgs(op="list")
    assert registry.decode(file, {"op": "mkdir", "paths": ["a", "b"]}).all_paths == ("a", "b")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, 'missing required field "op"'),
        ({"op": "burn"}, "Invalid enum value"),
        ({"op": "read", "path": 3}, "Expected"),
        ({"op": "read", "speed": "fast"}, 'unknown field "speed"'),
        ({"op": "read", "start": 0}, ">= 1"),
    ],
)
def test_wrong_arguments_get_a_sentence(args: dict[str, object], said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        registry.decode(registry.TOOLS[0], args)
    assert str(caught.value).endswith(
        "It takes: op, path, paths, content, target, start, end, pattern, text, search, replace."
    )
