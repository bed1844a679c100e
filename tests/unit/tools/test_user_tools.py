"""A person's own tools: loaded only where their content is trusted, and a bad one harms nobody."""

from pathlib import Path

import pytest

from codey_tui.sandbox import Rlimits
from codey_tui.tools import ToolError
from codey_tui.tools.base import Tool
from codey_tui.tools.registry import NAMES, TOOLS, ToolBox
from codey_tui.tools.trust import TrustStore, read_folder
from codey_tui.tools.user import load_tools
from tests.fakes.tool_calls import ToolCalls
from tests.fakes.user_tools import GREETER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "data" / "trusted.json")


def load(folder: Path, store: TrustStore, *, trust: bool = True) -> tuple[list[Tool], list[str]]:
    found = read_folder(folder)
    if found is not None and trust:
        store.trust(found)
    return load_tools((folder, folder.parent / "nowhere"), store, NAMES)


def test_a_trusted_tool_is_one_like_others(folder: Path, store: TrustStore, tmp_path: Path) -> None:
    (folder / "greeter.py").write_text(GREETER)
    tools, problems = load(folder, store)
    assert problems == []
    box = ToolBox((*TOOLS, *tools))
    call = box.call("greet", {"whom": "Ada", "times": "2"})
    context = ToolCalls(tmp_path, Rlimits()).context
    assert call.tool.assess(call.args, context)[0].level == "read"
    assert call.tool.run(call.args, context).output == "Hello, Ada!\nHello, Ada!"
    with pytest.raises(ToolError, match="cannot use these arguments"):
        box.call("greet", {"whom": 3})


def test_nothing_is_run_before_it_is_trusted_or_after_it_changed(folder: Path, store: TrustStore) -> None:
    mark = folder.parent / "ran"
    bomb = f"open({str(mark)!r}, 'w').close()\n"
    (folder / "a.py").write_text(bomb)
    tools, problems = load(folder, store, trust=False)
    assert (tools, mark.exists()) == ([], False)
    assert "`codey trust`" in problems[0]
    (folder / "a.py").write_text(GREETER)
    assert len(load(folder, store)[0]) == 1
    (folder / "a.py").write_text(GREETER + bomb)
    tools, problems = load(folder, store, trust=False)
    assert (tools, mark.exists()) == ([], False)
    assert "not trusted as they are now" in problems[0]
    (folder / "a.py").write_text(GREETER)
    (folder / "b.py").write_text(bomb)
    assert load(folder, store, trust=False)[0] == []
    (folder / "b.py").unlink()
    assert len(load(folder, store, trust=False)[0]) == 1
    assert store.withdraw(folder)
    assert not store.withdraw(folder)
    assert load(folder, store, trust=False)[0] == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = ", "SyntaxError"),
        ("x = 1", "'TOOL'"),
        ("TOOL = 3", "AttributeError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
        (GREETER.replace('"greet"', '"shell"'), "a tool shell already"),
        (GREETER.replace('"greet"', '"terminal"'), "also called so"),
        (GREETER.replace('"greet"', '"No Name"'), "small letters"),
        (GREETER.replace("Args = Wish", "Args = dict"), "msgspec.Struct"),
        (GREETER.replace("times: int", "times: dict[str, int]"), "without a grammar"),
    ],
)
def test_a_bad_tool_is_told_of_and_the_good_one_stays(folder: Path, store: TrustStore, source: str, said: str) -> None:
    (folder / "bad.py").write_text(source)
    (folder / "good.py").write_text(GREETER)
    tools, problems = load(folder, store)
    assert [tool.name for tool in tools] == ["greet"]
    assert len(problems) == 1
    assert "bad.py was left out" in problems[0]
    assert said in problems[0]


def test_what_a_tool_raises_becomes_a_sentence(folder: Path, store: TrustStore, tmp_path: Path) -> None:
    (folder / "a.py").write_text(GREETER.replace("return ActionResult", "raise OSError('no network') or ActionResult"))
    (tool,), _ = load(folder, store)
    context = ToolCalls(tmp_path, Rlimits()).context
    with pytest.raises(ToolError, match=r"The tool greet failed: OSError: no network \(.*a\.py, line \d+\)"):
        tool.run(tool.Args(whom="x"), context)  # pyright: ignore[reportCallIssue]


def test_links_pipes_and_huge_files_are_not_read(folder: Path, store: TrustStore) -> None:
    import os

    (folder.parent / "elsewhere.py").write_text(GREETER)
    (folder / "link.py").symlink_to(folder.parent / "elsewhere.py")
    os.mkfifo(folder / "pipe.py")
    (folder / "huge.py").write_bytes(b"#" * (2 << 20))
    tools, problems = load(folder, store)
    assert tools == []
    assert len(problems) == 3


def test_a_broken_list_of_trust_trusts_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text(GREETER)
    file = tmp_path / "trusted.json"
    file.write_text("{")
    store = TrustStore(file)
    assert load(folder, store, trust=False)[0] == []
    assert len(load(folder, store)[0]) == 1
