"""The Docker sandbox against a real engine: the pool, owners and modes of files, and nothing left over."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codey_tui.bench import sandbox as bench
from codey_tui.sandbox import Limits, SandboxRefused
from codey_tui.sandbox.docker import Docker
from codey_tui.sandbox.docker_container import LABEL
from codey_tui.sandbox.docker_image import fingerprint
from tests.fakes.sandbox_runner import Runner
from tests.fakes.sandboxes import ENGINE, docker
from tests.fakes.shell import codey

ENGINE_THAT_IS_KILLED = """
import os, sys, threading
from pathlib import Path
from codey_tui.sandbox import Limits
from codey_tui.sandbox.docker import Docker
sandbox, here = Docker(host=sys.argv[1]), Path(sys.argv[2])
sandbox.run(["true"], cwd=here, workspace=here, env={}, limits=Limits(), on_output=print, cancel=threading.Event())
sandbox.pool().settle()
print("ready", os.getpid(), flush=True)
sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")


@pytest.fixture
def sandbox() -> Iterator[Docker]:
    made = docker(pool_size=2)
    yield made
    made.close()


@pytest.fixture
def inside(sandbox: Docker, tmp_path: Path) -> Runner:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return Runner(sandbox, workspace)


@pytest.fixture
def api() -> Iterator[Any]:
    """A client of its own, to look from outside."""
    import docker as sdk

    docker().close()  # skips where there is no engine
    client = sdk.DockerClient(base_url=os.environ.get(ENGINE) or "unix:///var/run/docker.sock")
    yield client.api
    client.close()


def containers_of(api: Any, pid: int) -> list[str]:
    """Those that the process made."""
    found = api.containers(all=True, filters={"label": LABEL})
    return [one["Id"] for one in found if f" {pid} " in one["Labels"][LABEL]]


def ownerless(api: Any) -> list[str]:
    """Those whose engine has ended."""
    found = api.containers(all=True, filters={"label": LABEL})
    return [one["Id"] for one in found if not Path("/proc", one["Labels"][LABEL].split()[2]).exists()]


def shared_by_containers(api: Any) -> set[str]:
    """The engine's networks and volumes, which it lists in no fixed order."""
    return {one["Id"] for one in api.networks()} | {one["Name"] for one in api.volumes()["Volumes"]}


def test_fifty_uses_and_nothing_left_over(inside: Runner, sandbox: Docker, api: Any) -> None:
    before = shared_by_containers(api)
    for number in range(50):
        assert inside(f"ls /tmp | grep left; echo {number}; touch /tmp/left").output.endswith(f"{number}\n")
    pool = sandbox.pool()
    assert pool.settle()
    assert pool.waiting == 2
    mine = containers_of(api, os.getpid())
    assert len(mine) == 2
    assert [len(api.top(one)["Processes"]) for one in mine] == [2, 2]
    sandbox.close()
    assert containers_of(api, os.getpid()) == []
    assert shared_by_containers(api) == before
    assert not [line for line in processes() if any(one in line for one in mine)]


def processes() -> list[str]:
    return [
        (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        for place in Path("/proc").glob("[0-9]*")
        if (place / "cmdline").exists()
    ]


def test_a_container_that_died_while_it_waited_is_replaced(inside: Runner, sandbox: Docker, api: Any) -> None:
    inside("true")
    sandbox.pool().settle()
    for one in containers_of(api, os.getpid()):
        api.kill(one)
    assert inside("echo here").output == "here\n"


def test_containers_of_a_killed_engine_are_removed(inside: Runner, api: Any) -> None:
    line = [sys.executable, "-c", ENGINE_THAT_IS_KILLED, os.environ.get(ENGINE, ""), str(inside.workspace)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline().startswith("ready")
        assert len(containers_of(api, engine.pid)) == 2
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        assert len(containers_of(api, engine.pid)) == 2, "nobody was there to remove them"
        inside("true")
        assert containers_of(api, engine.pid) == []


def snapshot(workspace: Path) -> dict[str, tuple[int, int, int]]:
    """Owner, group and mode of everything in it."""
    told = {str(place.relative_to(workspace)): place.lstat() for place in [workspace, *workspace.rglob("*")]}
    return {name: (one.st_uid, one.st_gid, one.st_mode) for name, one in told.items()}


def fill(workspace: Path) -> None:
    (workspace / "private").mkdir(mode=0o700)
    for name, mode in (("plain.txt", 0o644), ("secret.txt", 0o600), ("run.sh", 0o755), ("private/inner.txt", 0o640)):
        (workspace / name).write_text("one\n")
        (workspace / name).chmod(mode)
    (workspace / "link").symlink_to("plain.txt")


def check_owners(inside: Runner, uid: int, gid: int) -> None:
    before = snapshot(inside.workspace)
    done = inside(
        "for f in plain.txt secret.txt private/inner.txt; do echo two >> $f || exit 1; done; mkdir made; id -u > made/new.txt"
    )
    assert done.exit_code == 0, done.output
    after = snapshot(inside.workspace)
    assert {name: after[name] for name in before} == before
    assert {after[name][:2] for name in ("made", "made/new.txt")} == {(uid, gid)}
    assert (inside.workspace / "secret.txt").read_text() == "one\ntwo\n"
    assert (inside.workspace / "made" / "new.txt").read_text() != "0\n", "a command is never root"


def test_owners_and_modes_stay(inside: Runner) -> None:
    """As root the sandbox is nobody, who sees root's files as his own; else it is the user himself."""
    fill(inside.workspace)
    check_owners(inside, os.geteuid(), os.getegid())


@as_root
def test_owners_and_modes_stay_in_the_workspace_of_somebody_else(inside: Runner) -> None:
    fill(inside.workspace)
    for place in [inside.workspace, *inside.workspace.rglob("*")]:
        os.chown(place, 12345, 12346, follow_symlinks=False)
    check_owners(inside, 12345, 12346)


def test_what_was_read_only_outside_is_so_inside(inside: Runner) -> None:
    """Without the rights of root, modes bind."""
    (inside.workspace / "fixed.txt").write_text("one")
    (inside.workspace / "fixed.txt").chmod(0o444)
    assert "denied" in inside("echo two >> fixed.txt").output


def test_a_network_is_given_only_where_it_is_asked_for(inside: Runner, sandbox: Docker) -> None:
    """The engine of the tests has none to give: then it is refused, and the command does not run without."""
    inside("true")
    try:
        done = inside("touch ran; ls /sys/class/net", network=True)
    except SandboxRefused as refused:
        assert "network" in str(refused)
        assert not (inside.workspace / "ran").exists()
    else:
        assert "eth0" in done.output
    assert inside("ls /sys/class/net").output == "lo\n"


def test_an_engine_that_is_not_there_is_told(tmp_path: Path) -> None:
    gone = Docker(host=f"unix://{tmp_path}/docker.sock")
    assert gone.problem() == "no Docker engine runs here"
    with pytest.raises(SandboxRefused, match="no Docker engine"):
        Runner(gone, tmp_path)("true")
    far = Docker(host="tcp://127.0.0.1:1")
    assert "another machine" in far.problem()
    gone.close()


def test_a_missing_image_is_told(api: Any, tmp_path: Path) -> None:
    other = Docker("python3.12" if sys.version_info[1] != 12 else "python3.13", host=os.environ.get(ENGINE, ""))
    try:
        assert other.problem() == "its image is not there yet"
        with pytest.raises(SandboxRefused, match="codey sandbox build"):
            Runner(other, tmp_path)("true")
    finally:
        other.close()


def test_the_image_does_not_change_by_itself() -> None:
    assert fingerprint() == fingerprint()
    assert fingerprint() != fingerprint([Path(shutil.which("sh") or "")])


def test_many_threads_at_once(inside: Runner, sandbox: Docker) -> None:
    said: dict[int, str] = {}

    def one(number: int) -> None:
        said[number] = sandbox.run(
            ["echo", str(number)],
            cwd=inside.workspace,
            workspace=inside.workspace,
            env={},
            limits=Limits(),
            on_output=lambda _text: None,
            cancel=threading.Event(),
        ).output

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: f"{number}\n" for number in range(4)}


def test_the_program_runs_a_command_in_a_container(api: Any, tmp_path: Path) -> None:
    """Chosen by a setting, named in the result, and its containers are gone with the engine."""
    env = {"DOCKER_HOST": os.environ.get(ENGINE, ""), "CODEY_SANDBOX": "docker"}
    done = codey("run", "run touch made.txt && id -u", "--approve", "all", "--json", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"sandbox":"docker"' in done.stdout.replace(" ", "")
    assert (tmp_path / "made.txt").stat().st_uid == os.geteuid()
    deadline = time.monotonic() + 20
    while ownerless(api):  # another worker's test kills an engine, and puts that right
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_image_is_there_after_building_it(api: Any, tmp_path: Path) -> None:
    done = codey("sandbox", "build", cwd=tmp_path, env={"DOCKER_HOST": os.environ.get(ENGINE, "")})
    assert done.returncode == 0, done.stderr
    assert api.inspect_image(done.stdout.strip())["Config"]["User"] == "65534:65534"
    refused = codey("sandbox", "build", cwd=tmp_path, env={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    assert (refused.returncode, "no Docker engine runs here" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


def test_a_workspace_may_not_choose_a_weaker_sandbox(tmp_path: Path) -> None:
    (tmp_path / ".codey").mkdir()
    (tmp_path / ".codey" / "config.json").write_text('{"sandbox": "rlimits"}')
    done = codey("run", "run touch made.txt", "--approve", "all", cwd=tmp_path)
    assert (done.returncode, "may not be set by a workspace" in done.stderr) == (2, True)


def test_the_benchmark(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are those of this machine now: only that waiting pays at all is asserted."""
    monkeypatch.setenv("DOCKER_HOST", os.environ.get(ENGINE, ""))
    found = bench.measure(3)
    assert found.warm_p50 < found.cold_p50
