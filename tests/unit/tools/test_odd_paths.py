"""Names that lead out, look like others, or are no names of files at all: refused, told, or simply taken for what they are."""

import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.workspace_paths import PathRefused, resolve
from codey_tui.tools import ToolError
from codey_tui.tools.odd_names import shown
from codey_tui.tools.places import changeable, check_text, hold, hold_known, inside, readable
from tests.fakes.tool_calls import ToolCalls

NFC, NFD = "caf\u00e9.txt", "cafe\u0301.txt"
LONG = "\u9577" * 85  # 255 bytes, the most that a name may have


def answer(calls: ToolCalls, **args: Any) -> str:
    """What the question about a call says."""
    return calls.assess("file", **args)[0].reason


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "//a", "..", "a/../b", "~", "~root/x", "a\0b", "a\nb", "a\x1b[31m", "a\x7f", "a\x9bm", "C:/x", "a\\b",
     "", "  ", LONG + "x", "x/" * 600, "a/" + "b" * 256, "a\ud800"],
)  # fmt: skip
def test_one_check_refuses_for_tools_and_engine_in_the_same_words(tmp_path: Path, path: str) -> None:
    said: set[str] = set()
    for check in (inside, readable, changeable):
        with pytest.raises(ToolError) as refused:
            check(tmp_path, path)
        said.add(str(refused.value))
    with pytest.raises(PathRefused) as refused_too:
        resolve(tmp_path, path)
    assert said == {str(refused_too.value)}
    assert shown(said.pop()).isprintable()


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_refused_or_stays_inside(path: str) -> None:
    try:
        parts = check_text(path)
    except ToolError as error:
        assert str(error).endswith(".")
        return
    assert ".." not in parts
    assert not path.startswith("/")
    assert all(0 < len(os.fsencode(part)) <= 255 for part in parts)


# --- links -----------------------------------------------------------------------------------------------------------
def test_links_within_the_workspace_are_followed_however_they_are_made(calls: ToolCalls, tmp_path: Path) -> None:
    calls.make("real/sub/a.txt", "A")
    workspace = calls.workspace
    (tmp_path / "other-name").symlink_to(workspace)
    for number, target in enumerate(
        [
            "real/sub",
            "./real//sub/",
            "real/sub/../../real/sub",
            f"{workspace}/real/sub",
            "../project/real/sub",
            f"{tmp_path}/other-name/real/sub",
            "link0",
        ]
    ):
        (workspace / f"link{number}").symlink_to(target)
        with hold(workspace, f"link{number}/a.txt") as held:
            assert held.path == "real/sub/a.txt", target
            assert held.read() == b"A"
    (workspace / "here").symlink_to(".")
    (workspace / "real" / "top").symlink_to("..")
    with hold(workspace, "here/real/top/here/real/sub/a.txt") as held:
        assert held.path == "real/sub/a.txt"
    with hold(workspace, "here", follow=True) as held:
        assert (held.path, held.parts) == (".", ())
    (workspace / "later").symlink_to("not/there/yet")
    calls.run("file", op="write", path="later/b.txt", content="B")
    assert (workspace / "not/there/yet/b.txt").read_text() == "B"


def test_links_that_lead_out_or_round_are_refused(calls: ToolCalls, tmp_path: Path) -> None:
    workspace = calls.workspace
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.txt").write_text("outside")
    (tmp_path / "project-twin").mkdir()
    links = {
        "absolute": str(tmp_path / "outside"),
        "relative": "../outside",
        "twin": str(tmp_path / "project-twin"),
        "root": "/",
        "through": "absolute",
        "processes": "/proc/self/root/tmp",
        "circle": "circle",
        "ping": "pong",
        "pong": "ping/x",
        "nowhere": "missing/../../outside",
    }
    for name, target in links.items():
        (workspace / name).symlink_to(target)
    for name in links:
        for op in ("write", "read", "mkdir", "delete", "list"):
            with pytest.raises(ToolError, match="symbolic link"):
                calls.run("file", op=op, path=f"{name}/a.txt", content="x")
        with pytest.raises(ToolError, match="symbolic link"):
            calls.run("file", op="write", path=name, content="x")
    assert (tmp_path / "outside/a.txt").read_text() == "outside"
    calls.run("file", op="delete", paths=list(links))  # a link itself is removed as a link
    assert list(workspace.iterdir()) == []
    assert (tmp_path / "outside/a.txt").exists()


def test_a_change_to_a_hard_link_leaves_the_other_name_alone_and_says_so(calls: ToolCalls, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("theirs\n")
    (calls.workspace / "a.txt").hardlink_to(outside)
    assert "a.txt has 2 names (hard links); the others keep" in answer(calls, op="write", path="a.txt", content="x")
    calls.run("file", op="write", path="a.txt", content="ours")
    calls.run("file", op="delete", path="a.txt")
    assert outside.read_text() == "theirs\n"


# --- what is no file -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("op", ["read", "write", "edit", "delete", "move", "copy", "mkdir"])
def test_pipes_sockets_and_devices_are_refused_at_once(
    calls: ToolCalls, monkeypatch: pytest.MonkeyPatch, op: str
) -> None:
    os.mkfifo(calls.workspace / "pipe")
    (calls.workspace / "alias").symlink_to("pipe")
    monkeypatch.chdir(calls.workspace)  # a socket's path has room for 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        paths = ["pipe", "sock"] + (["alias"] if op in ("read", "write", "edit", "mkdir") else [])
        if os.geteuid() == 0:
            os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            paths.append("null")
        for path in paths:
            with pytest.raises(ToolError, match="a device, a socket or a pipe"):
                calls.run("file", op=op, path=path, content="x", search="a", replace="b", target="t")
    (calls.workspace / "sub").mkdir()
    os.mkfifo(calls.workspace / "sub/pipe")
    with pytest.raises(ToolError, match="not copied"):
        calls.run("file", op="copy", path="sub", target="copied")


# --- names that look like something else -----------------------------------------------------------------------------
def test_what_cannot_be_seen_is_told(calls: ToolCalls) -> None:
    path = "pay\u202etxt.exe"
    risk, preview = calls.assess("file", op="write", path=path, content="x")
    assert "cannot be seen: U+202E" in risk.reason
    assert preview.title == "Create pay<U+202E>txt.exe"
    assert "+++ b/pay<U+202E>txt.exe" in preview.body
    assert preview.path == path
    calls.run("file", op="write", path=path, content="x")
    assert [entry.name for entry in calls.workspace.iterdir()] == [path], "what was said, not what was shown"
    assert "pay<U+202E>txt.exe  1" in calls.run("file", op="list").output
    for op, args in {"delete": {}, "move": {"target": "x"}, "copy": {"target": "y"}, "mkdir": {}}.items():
        odd = path if op != "mkdir" else "zero\u200bwidth"
        assert "cannot be seen" in answer(calls, op=op, path=odd, **args)


@pytest.mark.parametrize(
    ("there", "named"),
    [(NFC, NFD), (NFD, NFC), ("Read.me", "read.me"), ("a.txt", "a\u200b.txt"), ("STRASSE", "stra\u00dfe")],
)
def test_a_twin_in_the_folder_is_told(calls: ToolCalls, there: str, named: str) -> None:
    calls.make(there, "theirs")
    assert f"differs only in case, accents or what cannot be seen: {there!a}" in answer(
        calls, op="write", path=named, content="x"
    )
    calls.run("file", op="write", path=named, content="ours")
    assert (calls.workspace / there).read_text() == "theirs"
    assert (calls.workspace / named).read_text() == "ours"


def test_an_ordinary_name_is_not_remarked_upon(calls: ToolCalls) -> None:
    calls.make("sub/other.txt")
    for path in ("sub/a.txt", NFC, "\u65e5\u672c\u8a9e.md", ".gitignore", "a b.txt", "x.tar.gz"):
        assert answer(calls, op="write", path=path, content="x") == f"Creates {path}."


@pytest.mark.parametrize("path", ["ends. ", "ends.", " begins", "sub /x", "a\u00a0b"])
def test_spaces_and_dots_at_the_edges_are_told_and_kept(calls: ToolCalls, path: str) -> None:
    assert len(answer(calls, op="write", path=path, content="x")) > len(f"Creates {shown(path)}.")
    calls.run("file", op="write", path=path, content="x")
    assert (calls.workspace / path).read_text() == "x"


def test_names_that_programs_take_for_options(calls: ToolCalls) -> None:
    calls.make("-rf", "rf")
    calls.make("--help/-x.txt", "x")
    calls.make("keep/me.txt")
    assert "begins with a dash" in answer(calls, op="delete", path="-rf")
    assert calls.run("file", op="read", path="-rf").output == "rf"
    calls.run("file", op="move", path="-rf", target="--help/")
    calls.run("file", op="copy", path="--help", target="-")
    assert calls.run("search", pattern="rf", path="--help").output
    calls.run("file", op="delete", paths=["--help", "-"])
    assert [entry.name for entry in calls.workspace.iterdir()] == ["keep"]


def test_tildes_are_names_but_for_the_first_character(calls: ToolCalls) -> None:
    calls.run("file", op="write", path="sub/~", content="x")
    calls.run("file", op="write", path="a~", content="x")
    assert (calls.workspace / "sub/~").exists()
    for path in ("~", "~/x", "~root"):
        with pytest.raises(ToolError, match="not a path inside"):
            calls.run("file", op="write", path=path, content="x")


def test_a_folder_with_names_that_nobody_can_type_is_moved_copied_and_deleted(calls: ToolCalls) -> None:
    names = ["a\nb", "\x1b[31m", os.fsdecode(b"\xff\xfe"), "~", "back\\slash", " ", "-rf", LONG]
    for name in names:
        calls.make(f"odd/{name}", "x")
    calls.run("file", op="copy", path="odd", target="copied")
    calls.run("file", op="move", path="odd", target="moved")
    for folder in ("copied", "moved"):
        assert sorted(os.listdir(calls.workspace / folder)) == sorted(names)  # noqa: PTH208
    assert "\x1b" not in calls.run("file", op="list", path="moved").output
    assert "\x1b" not in calls.run("file", op="find", path="moved", pattern="*").output
    calls.run("file", op="delete", paths=["copied", "moved"])
    assert list(calls.workspace.iterdir()) == []


def test_a_change_of_case_is_a_move(calls: ToolCalls) -> None:
    calls.make("readme.md", "x")
    calls.run("file", op="move", path="readme.md", target="README.md")
    assert [entry.name for entry in calls.workspace.iterdir()] == ["README.md"]
    calls.make("dir/a")
    calls.run("file", op="move", path="dir", target="Dir")
    assert (calls.workspace / "Dir/a").exists()
    (calls.workspace / "readme.md").hardlink_to(calls.workspace / "README.md")
    with pytest.raises(ToolError, match="exists already"):  # two names of one file are two names
        calls.run("file", op="move", path="readme.md", target="README.md")
    with pytest.raises(ToolError, match="exists already"):
        calls.run("file", op="move", path="readme.md", target="readme.md")


def test_the_longest_names_are_written_changed_and_moved(calls: ToolCalls) -> None:
    calls.run("file", op="write", path=LONG, content="one")
    calls.run("file", op="edit", path=LONG, search="one", replace="two")
    calls.run("file", op="move", path=LONG, target="away/")
    deep = "/".join(["d" * 200] * 5)
    calls.run("file", op="write", path=f"{deep}/x", content="x")
    assert (calls.workspace / deep / "x").read_text() == "x"


def test_what_is_on_record_is_taken_by_any_name_but_not_out_of_the_workspace(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    (workspace / "sub").mkdir(parents=True)
    (workspace / "file").touch()
    (workspace / "out").symlink_to(tmp_path)
    for path in ("a\nb", "~", "sub/back\\slash"):
        with hold_known(workspace, path) as held:
            assert held.path == path
    for path in ("../x", "/etc/passwd", "sub/../../x", "out/x", ".git/index", "sub/.GIT/x", "sub//x", "."):
        with pytest.raises(ToolError):
            hold_known(workspace, path)
    with pytest.raises(ToolError, match="under a file"):
        hold_known(workspace, "file/x")
    with hold_known(workspace, "file/x", under_file=True) as held:
        assert held.found() is None
