"""The file tool on real files: what it does, what it announces, and what it refuses."""

import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from codey_tui.tools import ToolError
from tests.fakes.tool_calls import ToolCalls

OUTSIDE = ["/etc/passwd", "~/x", "../x", "a/../../x", "a\\b", "C:/x", "a\nb", "a\0b", "", " ", "a/" + "b" * 300]
SECRETS = [".env", "sub/.env.production", "server.key", "id_rsa", ".ssh/config", "cert.pem", ".netrc", ".ENV"]


# --- looking ---------------------------------------------------------------------------------------------------------
def test_read_whole_and_in_part(calls: ToolCalls) -> None:
    calls.make("a.txt", "one\ntwo\nthree\n")
    risk, preview = calls.assess("file", op="read", path="a.txt")
    assert (risk.level, preview.title) == ("read", "read a.txt")
    assert calls.run("file", op="read", path="a.txt").output == "one\ntwo\nthree\n"
    part = calls.run("file", op="read", path="a.txt", start=2, end=2)
    assert (part.output, part.summary) == ("two\n", "a.txt: lines 2 to 2 of 3")
    assert calls.run("file", op="read", path="a.txt", start=3, end=99).output == "three\n"
    with pytest.raises(ToolError, match="there is no line 9"):
        calls.run("file", op="read", path="a.txt", start=9)


def test_read_several(calls: ToolCalls) -> None:
    calls.make("a.txt", "A\n")
    calls.make("b.txt", "B\n")
    assert calls.run("file", op="read", paths=["a.txt", "b.txt"]).output == "--- a.txt\nA\n\n--- b.txt\nB\n"


def test_read_what_is_no_text(calls: ToolCalls) -> None:
    (calls.workspace / "b.bin").write_bytes(b"\x7fELF\0\0")
    calls.make("empty.txt")
    with pytest.raises(ToolError, match="binary file of 6 bytes"):
        calls.run("file", op="read", path="b.bin")
    assert calls.run("file", op="read", path="empty.txt").output == ""
    with pytest.raises(ToolError, match=r"nope\.txt does not exist"):
        calls.run("file", op="read", path="nope.txt")
    with pytest.raises(ToolError, match="is a folder"):
        calls.run("file", op="read", path=".")


def test_a_long_file_is_cut_and_said_so(calls: ToolCalls) -> None:
    calls.make("long.txt", "x" * 99 + "\n" + "y\n" * 200_000)
    result = calls.run("file", op="read", path="long.txt")
    assert result.truncated
    assert len(result.output) <= 256 << 10
    assert "first 256 KiB" in result.summary


def test_list_a_folder(calls: ToolCalls) -> None:
    calls.make("b.txt", "12345")
    calls.make("a/inner.txt")
    calls.make(".git/config")
    assert calls.run("file", op="list").output == "a/\nb.txt  5"
    with pytest.raises(ToolError, match="not a folder"):
        calls.run("file", op="list", path="b.txt")
    with pytest.raises(ToolError, match="does not exist"):
        calls.run("file", op="list", path="nope")


def test_find_by_name_and_by_text(calls: ToolCalls) -> None:
    calls.make("src/a.py", "import os\nneedle = 1\n")
    calls.make("src/b.js", "// needle\n")
    calls.make("node_modules/x/index.js", "needle")
    calls.make(".env", "needle=secret")
    (calls.workspace / "loop").symlink_to(calls.workspace)
    assert calls.run("file", op="find", pattern="*.py").output == "src/a.py"
    assert calls.run("file", op="find", path="src", pattern="src/*").output == "src/a.py\nsrc/b.js"
    assert calls.run("file", op="find", text="needle").output == "src/a.py:2: needle = 1\nsrc/b.js:1: // needle"
    calls.cancel.set()
    with pytest.raises(ToolError, match="cancelled"):
        calls.run("file", op="find", text="needle")


@pytest.mark.parametrize("path", SECRETS)
def test_secrets_are_not_shown_moved_or_overwritten(calls: ToolCalls, path: str) -> None:
    calls.make(path, "hunter2")
    for args in (
        {"op": "read"},
        {"op": "copy", "target": "x.txt"},
        {"op": "move", "target": "x.txt"},
        {"op": "write", "content": "y"},
    ):
        with pytest.raises(ToolError, match="passwords or keys"):
            calls.run("file", path=path, **args)
    assert calls.assess("file", op="delete", path=path)[0].level == "dangerous"
    (calls.workspace / "innocent.txt").symlink_to(calls.workspace / path)
    with pytest.raises(ToolError, match="passwords or keys"):
        calls.run("file", op="read", path="innocent.txt")


def test_an_example_of_secrets_is_none(calls: ToolCalls) -> None:
    calls.make(".env.example", "TOKEN=")
    assert calls.run("file", op="read", path=".env.example").output == "TOKEN="


# --- staying inside --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("op", ["read", "write", "mkdir", "delete"])
def test_paths_that_lead_out_are_refused(calls: ToolCalls, op: str, path: str) -> None:
    with pytest.raises(ToolError):
        calls.run("file", op=op, path=path, content="x")
    assert calls.announced == []


@pytest.mark.parametrize("op", ["read", "write", "delete", "mkdir", "copy"])
def test_links_that_lead_out_are_refused(calls: ToolCalls, tmp_path: Path, op: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("outside")
    (calls.workspace / "folder").symlink_to(outside)
    with pytest.raises(ToolError, match="leads out of the workspace"):
        calls.run("file", op=op, path="folder/a.txt", content="x", target="here.txt")
    assert (outside / "a.txt").read_text() == "outside"


def test_a_link_at_the_end_is_not_written_through(calls: ToolCalls, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    target.write_text("outside")
    (calls.workspace / "link.txt").symlink_to(target)
    for op in ("read", "write"):
        with pytest.raises(ToolError, match="leads out"):
            calls.run("file", op=op, path="link.txt", content="x")
    calls.run("file", op="delete", path="link.txt")
    assert target.read_text() == "outside"
    assert not (calls.workspace / "link.txt").is_symlink()


def test_a_link_inside_is_written_through(calls: ToolCalls) -> None:
    calls.make("real.txt", "old")
    (calls.workspace / "link.txt").symlink_to("real.txt")
    calls.run("file", op="write", path="link.txt", content="new")
    assert (calls.workspace / "link.txt").is_symlink()
    assert (calls.workspace / "real.txt").read_text() == "new"
    assert calls.announced == ["real.txt"]


@pytest.mark.parametrize("path", [".git/hooks/x", "sub/.git/config", ".codey/config.json", ".GIT/config", "."])
def test_what_belongs_to_others_is_not_changed(calls: ToolCalls, path: str) -> None:
    with pytest.raises(ToolError):
        calls.run("file", op="write", path=path, content="x")
    with pytest.raises(ToolError):
        calls.run("file", op="delete", path=path)


def test_pipes_and_sockets_do_not_hang(calls: ToolCalls) -> None:
    os.mkfifo(calls.workspace / "pipe")
    with pytest.raises(ToolError, match="a device, a socket or a pipe"):
        calls.run("file", op="read", path="pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(calls.workspace / "sock"))
        with pytest.raises(ToolError, match="a device, a socket or a pipe"):
            calls.run("file", op="write", path="sock", content="x")


# --- changing --------------------------------------------------------------------------------------------------------
def test_write_a_new_file(calls: ToolCalls) -> None:
    risk, preview = calls.assess("file", op="write", path="a/b.py", content="x = 1\n")
    assert (risk.level, preview.kind, preview.path) == ("write", "diff", "a/b.py")
    assert preview.body == "--- /dev/null\n+++ b/a/b.py\n@@ -0,0 +1 @@\n+x = 1\n"
    assert not (calls.workspace / "a").exists(), "assessing changes nothing"
    result = calls.run("file", op="write", path="a/b.py", content="x = 1\n")
    assert (result.ok, result.summary) == (True, "Created a/b.py (6 bytes)")
    assert calls.announced == ["a/b.py"]
    assert stat.S_IMODE((calls.workspace / "a/b.py").stat().st_mode) == 0o644


def test_write_over_a_file_keeps_its_mode(calls: ToolCalls) -> None:
    place = calls.make("run.sh", "echo old\n")
    place.chmod(0o750)
    _, preview = calls.assess("file", op="write", path="run.sh", content="echo new")
    assert preview.body == (
        "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo old\n+echo new\n\\ No newline at end of file\n"
    )
    calls.run("file", op="write", path="run.sh", content="echo new")
    assert place.read_text() == "echo new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o750
    assert [file.name for file in calls.workspace.iterdir()] == ["run.sh"]


def test_the_diff_of_a_preview_applies(calls: ToolCalls) -> None:
    """What a person approves is what `patch` would do."""
    place = calls.make("a.txt", "".join(f"line {number}\n" for number in range(40)))
    new = place.read_text().replace("line 7\n", "line seven\n").replace("line 30\n", "") + "end"
    _, preview = calls.assess("file", op="write", path="a.txt", content=new)
    subprocess.run(["git", "apply", "-"], input=preview.body, text=True, cwd=calls.workspace, check=True)
    assert place.read_text() == new


def test_write_is_refused_where_it_makes_no_sense(calls: ToolCalls) -> None:
    calls.make("dir/x")
    (calls.workspace / "b.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ToolError, match="dir is a folder"):
        calls.run("file", op="write", path="dir", content="x")
    with pytest.raises(ToolError, match="lies under a file"):
        calls.run("file", op="write", path="dir/x/y", content="x")
    with pytest.raises(ToolError, match="not a text file"):
        calls.run("file", op="write", path="b.bin", content="x")
    with pytest.raises(ToolError, match="needs content"):
        calls.run("file", op="write", path="a")
    with pytest.raises(ToolError, match="needs a path"):
        calls.run("file", op="write", content="x")


def test_make_several_folders_with_parents(calls: ToolCalls) -> None:
    risk, preview = calls.assess("file", op="mkdir", paths=["a/b", "c"])
    assert (risk.level, preview.body) == ("write", "Create the folders a/b, c")
    calls.run("file", op="mkdir", paths=["a/b", "c"])
    assert (calls.workspace / "a/b").is_dir()
    assert calls.announced == ["a/b", "c"]
    assert calls.run("file", op="mkdir", path="c").summary == "c existed already"
    calls.make("file.txt")
    with pytest.raises(ToolError, match="is a file"):
        calls.run("file", op="mkdir", path="file.txt")


def test_delete(calls: ToolCalls) -> None:
    calls.make("a.txt", "123")
    calls.make("dir/sub/x.txt")
    risk, preview = calls.assess("file", op="delete", path="a.txt")
    assert (risk.level, preview.body) == ("write", "Delete a.txt (3 bytes)")
    risk, preview = calls.assess("file", op="delete", paths=["a.txt", "dir"])
    assert risk.level == "dangerous"
    assert preview.body == "Delete a.txt (3 bytes)\nDelete the folder dir with 1 file in it"
    calls.run("file", op="delete", paths=["a.txt", "dir"])
    assert list(calls.workspace.iterdir()) == []
    assert calls.announced == ["a.txt", "dir"]
    with pytest.raises(ToolError, match="does not exist"):
        calls.run("file", op="delete", path="a.txt")


def test_a_folder_with_a_repository_is_not_touched(calls: ToolCalls) -> None:
    calls.make("vendored/.git/config")
    for args in ({"op": "delete"}, {"op": "move", "target": "x"}, {"op": "copy", "target": "x"}):
        with pytest.raises(ToolError, match="git repository"):
            calls.run("file", path="vendored", **args)


def test_move_and_copy(calls: ToolCalls) -> None:
    calls.make("a.txt", "A").chmod(0o755)
    calls.make("dir/b.txt", "B")
    calls.run("file", op="move", path="a.txt", target="dir/")
    assert (calls.workspace / "dir/a.txt").read_text() == "A"
    calls.run("file", op="copy", path="dir", target="new/deep")
    assert (calls.workspace / "new/deep/b.txt").read_text() == "B"
    assert stat.S_IMODE((calls.workspace / "new/deep/a.txt").stat().st_mode) == 0o755
    assert calls.announced == ["a.txt", "dir/a.txt", "new/deep", "new/deep/a.txt", "new/deep/b.txt"]
    with pytest.raises(ToolError, match="exists already"):
        calls.run("file", op="move", path="dir/a.txt", target="new/deep/a.txt")
    with pytest.raises(ToolError, match="into itself"):
        calls.run("file", op="copy", path="dir", target="dir/inner")
    with pytest.raises(ToolError, match="needs a target"):
        calls.run("file", op="move", path="dir")


def test_an_edit_says_how_it_found_its_place(calls: ToolCalls) -> None:
    calls.make("a.py", "def add(a, b):\n    total = a + b\n    # the sum of both numbers\n    return total\n")
    assert calls.run("file", op="edit", path="a.py", search="a + b", replace="b + a").summary == "Edited a.py."
    loose = calls.run("file", op="edit", path="a.py", search="total  =  b + a", replace="total = a + b")
    assert "without regard to white space" in loose.summary
    search = "    total = a + b\n    # the sum of both nmbers\n    return total"
    near = calls.run("file", op="edit", path="a.py", search=search, replace=search.replace("return", "return 2 *"))
    assert "lines 2 to 4, which are 99% like" in near.summary
    expected = "def add(a, b):\n    total = a + b\n    # the sum of both numbers\n    return 2 * total\n"
    assert (calls.workspace / "a.py").read_text() == expected
    assert calls.announced == ["a.py"] * 3


@pytest.mark.parametrize(
    ("search", "said"), [("", "empty"), ("nothing like it", "none is near"), ("x", "2 places"), ("y = 1", "change")]
)
def test_an_edit_that_has_no_one_place_is_refused(calls: ToolCalls, search: str, said: str) -> None:
    calls.make("a.py", "x\ny = 1\nx\n")
    with pytest.raises(ToolError, match=said):
        calls.run("file", op="edit", path="a.py", search=search, replace="y = 1" if search == "y = 1" else "z")


def test_the_encoding_and_the_kind_of_a_file_are_told(calls: ToolCalls) -> None:
    (calls.workspace / "w.txt").write_bytes("caf\xe9\n".encode("cp1252"))
    (calls.workspace / "u.txt").write_bytes("café\n".encode("utf-16"))
    (calls.workspace / "b.txt").write_bytes("café\n".encode("utf-8-sig"))
    (calls.workspace / "p.png").write_bytes(b"\x89PNG\r\n\0\0")
    for path, told in {"w.txt": "Windows-1252", "u.txt": "UTF-16", "b.txt": "byte order mark"}.items():
        result = calls.run("file", op="read", path=path)
        assert told in result.summary
        assert "caf" in result.output
    with pytest.raises(ToolError, match="a PNG picture"):
        calls.run("file", op="read", path="p.png")
