"""The git tool on real repositories: what it shows, what it changes, what it says it would run, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from codey_tui.sandbox import Rlimits
from codey_tui.tools import ToolError
from tests.fakes.git_place import GitPlace
from tests.fakes.tool_calls import ToolCalls


@pytest.fixture
def place(tmp_path: Path) -> GitPlace:
    return GitPlace(tmp_path, tmp_path / "project")


@pytest.fixture
def calls(place: GitPlace) -> ToolCalls:
    return ToolCalls(place.workspace, Rlimits())


def test_status_groups_what_it_finds(calls: ToolCalls, place: GitPlace) -> None:
    assert "Nothing to commit" in calls.run("git", op="status").output
    calls.make("README.md", "changed\n")
    calls.make("new file.txt", "x")
    calls.make("staged.txt", "x")
    place.git("add", "staged.txt")
    result = calls.run("git", op="status")
    assert result.summary == "main: 1 staged, 1 changed, 1 untracked"
    assert "  new: staged.txt" in result.output
    assert "  modified: README.md" in result.output
    assert "  new file.txt" in result.output
    place.git("mv", "-f", "staged.txt", "README.md")
    assert calls.run("git", op="status").ok


def test_a_log_is_as_long_as_wished(calls: ToolCalls, place: GitPlace) -> None:
    for number in range(3):
        place.commit("a.txt", str(number), f"change {number}")
    lines = calls.run("git", op="log", count=2).output.splitlines()
    assert [line.rsplit("  ", 1)[-1] for line in lines] == ["change 2", "change 1"]
    assert calls.run("git", op="log", paths=["README.md"]).summary == "1 commit"
    assert calls.run("git", op="log", revision="HEAD~2").summary == "2 commits"


def test_diff_show_and_blame(calls: ToolCalls, place: GitPlace) -> None:
    calls.make("README.md", "bye\n")
    assert "-hello\n+bye\n" in calls.run("git", op="diff").output
    assert calls.run("git", op="diff", staged=True).summary == "0 changed files"
    assert "+hello" in calls.run("git", op="show").output
    assert calls.run("git", op="show", revision="HEAD:README.md").output == "hello\n"
    assert "bye" in calls.run("git", op="blame", paths=["README.md"]).output


def test_secrets_stay_out_of_what_is_shown(calls: ToolCalls, place: GitPlace) -> None:
    place.commit(".env", "PASSWORD=one\n", "oops")
    calls.make(".env", "PASSWORD=two\n")
    calls.make("README.md", "bye\n")
    for result in (calls.run("git", op="diff"), calls.run("git", op="show")):
        assert "PASSWORD" not in result.output
        assert "Not shown" in result.output
    with pytest.raises(ToolError, match="passwords or keys"):
        calls.run("git", op="show", revision="HEAD:.env")
    with pytest.raises(ToolError, match="passwords or keys"):
        calls.run("git", op="blame", paths=[".env"])


def test_add_and_commit(calls: ToolCalls, place: GitPlace) -> None:
    calls.make("a.txt", "x")
    risk, preview = calls.assess("git", op="add", paths=["a.txt"])
    assert risk.level == "write"
    assert "a.txt" in preview.body
    calls.run("git", op="add", paths=["a.txt"])
    result = calls.run("git", op="commit", message="say $(x) 'quoted'")
    assert result.ok
    assert place.git("log", "-1", "--format=%s") == "say $(x) 'quoted'"
    again = calls.run("git", op="commit", message="nothing")
    assert not again.ok
    assert "nothing to commit" in again.summary


def test_taking_in_a_secret_is_dangerous(calls: ToolCalls, place: GitPlace) -> None:
    calls.make(".env", "PASSWORD=x\n")
    risk, _ = calls.assess("git", op="add", paths=["."])
    assert (risk.level, ".env" in risk.reason) == ("dangerous", True)
    place.git("add", ".env")
    assert calls.assess("git", op="commit", message="x")[0].level == "dangerous"


def test_hooks_are_announced_and_run_only_by_what_changes(calls: ToolCalls, place: GitPlace) -> None:
    for name in ("pre-commit", "post-checkout", "post-index-change"):
        place.hook(name, f"echo ran >> '{place.workspace.parent}/{name}'")
    risk, _ = calls.assess("git", op="commit", message="x", everything=True)
    assert (risk.level, "outside the sandbox: pre-commit" in risk.reason) == ("execute", True)
    calls.make("README.md", "bye\n")
    for op in ("status", "diff", "log", "show"):
        assert calls.assess("git", op=op)[0].level == "read"
        calls.run("git", op=op)
    calls.run("git", op="restore", paths=["README.md"])
    assert not (place.workspace.parent / "post-index-change").exists()
    calls.make("README.md", "bye\n")
    calls.run("git", op="commit", message="x", everything=True)
    assert (place.workspace.parent / "pre-commit").exists()


def test_settings_that_run_programs_are_named_and_monitors_do_not_run(calls: ToolCalls, place: GitPlace) -> None:
    trap = place.workspace.parent / "trap"
    place.git("config", "core.fsmonitor", f"touch {trap}; false")
    place.git("config", "diff.evil.textconv", f"touch {trap}; cat")
    place.git("config", "diff.external", f"touch {trap}")
    place.git("config", "core.pager", f"touch {trap}; cat")
    calls.make(".git/info/attributes", "* diff=evil\n")
    calls.make("README.md", "bye\n")
    risk, _ = calls.assess("git", op="diff")
    assert (risk.level, "core.fsmonitor" in risk.reason) == ("execute", True)
    for op in ("status", "diff", "show", "log"):
        calls.run("git", op=op)
    assert not trap.exists()


def test_restoring_is_announced_so_that_undo_works(calls: ToolCalls, place: GitPlace) -> None:
    calls.make("README.md", "mine\n")
    risk, preview = calls.assess("git", op="restore", paths=["."])
    assert risk.level == "write"
    assert "README.md" in preview.body
    calls.run("git", op="restore", paths=["."])
    assert calls.announced == ["README.md"]
    assert (place.workspace / "README.md").read_text() == "hello\n"


def test_branches_tags_and_stashes(calls: ToolCalls, place: GitPlace) -> None:
    def run(**args: Any) -> str:
        result = calls.run("git", **args)
        assert result.ok, result.summary
        return f"{result.summary}\n{result.output}"

    assert "Now on topic" in run(op="switch", branch="topic", create=True)
    assert "* topic" in run(op="branch")
    assert "Created the tag v1" in run(op="tag", ref="HEAD", branch="v1")
    assert "v1" in run(op="tag")
    calls.make("README.md", "bye\n")
    run(op="stash", message="later")
    assert (place.workspace / "README.md").read_text() == "hello\n"
    assert "later" in run(op="stash", action="list")
    run(op="stash", action="pop")
    assert (place.workspace / "README.md").read_text() == "bye\n"
    assert calls.assess("git", op="stash", action="drop")[0].level == "dangerous"


def test_push_and_pull_with_a_real_remote(calls: ToolCalls, place: GitPlace) -> None:
    place.from_elsewhere("theirs.txt", "x\n", "theirs")
    risk, _ = calls.assess("git", op="pull")
    assert risk.level == "execute"
    assert str(place.remote) in risk.touches
    assert calls.run("git", op="pull").ok
    assert (place.workspace / "theirs.txt").exists()
    place.commit("mine.txt", "x\n", "mine")
    assert "mine" in calls.assess("git", op="push")[1].body
    assert calls.run("git", op="push").summary == "Pushed main to origin"
    assert place.remote_log[0] == "mine"
    assert calls.assess("git", op="push", force=True)[0].level == "dangerous"


def test_a_push_that_is_refused_fails_with_gits_words(calls: ToolCalls, place: GitPlace) -> None:
    place.from_elsewhere("theirs.txt", "x\n", "theirs")
    place.commit("mine.txt", "x\n", "mine")
    result = calls.run("git", op="push")
    assert not result.ok
    assert "rejected" in result.output
    assert place.remote_log[0] == "theirs"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"op": "show", "revision": "--output=x"}, "not a name"),
        ({"op": "pull", "remote": "ext::sh"}, "as git knows it"),
        ({"op": "push", "remote": "--receive-pack=x"}, "not a name"),
        ({"op": "push", "remote": "nowhere"}, "no remote"),
        ({"op": "add", "paths": ["../x"]}, "leads out"),
        ({"op": "add"}, "needs a path"),
        ({"op": "commit"}, "needs a message"),
        ({"op": "log", "revision": "nothing"}, "knows no nothing"),
        ({"op": "switch"}, "needs a name"),
    ],
)
def test_what_is_refused(calls: ToolCalls, args: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said):
        calls.run("git", **args)


def test_no_repository_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no git repository"):
        ToolCalls(tmp_path, Rlimits()).run("git", op="status")


def test_variables_of_a_surrounding_git_lead_nowhere_else(
    calls: ToolCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "remote.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert "On main" in calls.run("git", op="status").output
    assert calls.run("git", op="log").summary == "1 commit"
