"""No process that the engine starts finds the secrets of the engine's environment in its own."""

import ast
import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codey_tui.inference.process import ChildProcess
from codey_tui.sandbox import Bubblewrap, Limits, Rlimits, Sandbox
from codey_tui.sandbox.landlock import Landlock

ROOT = Path(__file__).parents[2]
SECRET = "planted-in-the-environment"
STARTERS = {"run", "Popen", "check_output", "check_call", "call", "create_subprocess_exec", "create_subprocess_shell"}
# the engine itself is started with the person's environment, and so is what measures or asks on their own command line
THEIR_OWN = ("cli", "bench", "server/lifecycle.py")
SPAWNING = r"""
import json, os, sys, threading
from pathlib import Path

seen = []
def hook(event, args):
    if event in ("subprocess.Popen", "os.posix_spawn"):
        seen.append((" ".join(map(str, args[1]))[:200], args[-1] is None or any("planted" in str(v) for v in dict(args[-1]).values())))
sys.addaudithook(hook)

from codey_tui.engine.verifier import verify
from codey_tui.sandbox import Bubblewrap, Limits, Rlimits
from codey_tui.sandbox.docker_image import _node
from codey_tui.sandbox.docker_rootfs import _closure
from codey_tui.sandbox.landlock import Landlock
from codey_tui.tools.base import ToolContext
from codey_tui.tools.registry import BUILT_IN

work = Path(sys.argv[1])
sandbox = Rlimits()
context = ToolContext(workspace=work, sandbox=sandbox, limits=Limits(seconds=30.0), on_output=lambda text: None,
                      cancel=threading.Event(), before_change=lambda path: None)
calls = [("git", {"op": op}) for op in ("status", "log", "branch", "tag", "diff")]
calls += [("git", {"op": "add", "paths": ["b.txt"]}), ("git", {"op": "commit", "message": "two"})]
calls += [("search", {"pattern": "one"}), ("python", {"code": "print(1)"}), ("shell", {"command": "true"})]
for name, args in calls:
    tool, decoded = BUILT_IN.call(name, args)
    tool.assess(decoded, context)
    result = tool.run(decoded, context)
    assert result.ok, (name, args, result)
for name in ("a.sh", "a.mjs", "a.py"):
    (work / name).write_text("")
    verify(work / name, work, lambda argv: (0, ""))
_node("node20")
_closure([Path(sys.executable)])
Bubblewrap().problem()
Bubblewrap()._can_disable_namespaces() if Bubblewrap().problem() != "bwrap is not installed" else None
Landlock().problem()
print(json.dumps(seen))
"""


def _calls(path: Path) -> list[ast.Call]:
    """The calls in a file that start a process through Python."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        call
        for call in found
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in STARTERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"subprocess", "asyncio"}
        and not (call.func.value.id == "asyncio" and call.func.attr == "run")
    ]


def test_every_place_that_starts_a_process_says_with_what_environment() -> None:
    package = ROOT / "codey_tui"
    places = [
        (path.relative_to(package).as_posix(), call)
        for path in sorted(package.rglob("*.py"))
        if not path.relative_to(package).as_posix().startswith(THEIR_OWN)
        for call in _calls(path)
    ]
    assert len(places) > 8
    bare = [f"{path}:{call.lineno}" for path, call in places if not any(word.arg == "env" for word in call.keywords)]
    assert bare == []


def test_what_tools_checks_and_sandboxes_start_is_scrubbed(tmp_path: Path) -> None:
    env = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    env |= {"GIT_COMMITTER_EMAIL": "a@b", "PYTHONPATH": str(ROOT)}
    for command in (["git", "init", "-q"], ["git", "commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
    (tmp_path / "b.txt").write_text("one")
    env |= {"SECRET_TOKEN": SECRET, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraheader"}
    env |= {"GIT_CONFIG_VALUE_0": f"Authorization: {SECRET}", "HF_TOKEN": SECRET}
    done = subprocess.run(
        [sys.executable, "-c", SPAWNING, str(tmp_path)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: list[tuple[str, bool]] = [tuple(item) for item in json.loads(done.stdout)]
    assert len(seen) > 15
    assert {Path(line.split()[0]).name for line, _ in seen} >= {"git", "ldd"}
    leaky = [line for line, leaks in seen if leaks]
    assert [
        line for line in leaky if line != "git version"
    ] == []  # GitPython asks so at its import; git passes nothing on


@pytest.mark.parametrize("sandbox", [Rlimits(), Bubblewrap(), Landlock()], ids=["rlimits", "bubblewrap", "landlock"])
def test_a_command_in_a_sandbox_finds_no_secret(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", SECRET)
    problem = sandbox.problem() if isinstance(sandbox, Bubblewrap | Landlock) else ""
    if problem:
        pytest.skip(f"this machine cannot build it: {problem}")
    done = sandbox.run(
        ["env"],
        cwd=tmp_path,
        workspace=tmp_path,
        env={},
        limits=Limits(seconds=30.0),
        on_output=lambda _text: None,
        cancel=threading.Event(),
    )
    assert done.exit_code == 0, done.output
    assert "PATH=" in done.output
    assert SECRET not in done.output


@pytest.mark.parametrize(
    ("size", "looks"), [(100 << 20, b"GOMP_SPINCOUNT=1000\0"), (4 << 30, b"GOMP_SPINCOUNT=20000\0")]
)
def test_the_process_of_a_model_finds_no_secret_and_how_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, looks: bytes
) -> None:
    model = tmp_path / "m.gguf"
    with model.open("wb") as file:
        file.truncate(size)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("SECRET_TOKEN", SECRET)
    monkeypatch.setenv("HF_TOKEN", SECRET)

    async def scenario() -> None:
        child = await ChildProcess.start(model)
        try:
            environment = await asyncio.to_thread(Path(f"/proc/{child.pid}/environ").read_bytes)
            assert b"PATH=" in environment
            assert SECRET.encode() not in environment
            assert looks in environment
        finally:
            await child.kill("the test is over")

    asyncio.run(scenario())
