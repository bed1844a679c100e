"""What takes more than its share in every sandbox: processes, memory, processor, disk, and what stays behind. All of it is
bounded here, too: a limit that does not hold fails the test and not the machine."""

import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fakes.sandbox_runner import Runner
from tests.fakes.sandboxes import NAMES, opened

MIB = 1 << 20


@pytest.fixture(params=NAMES)
def inside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    workspace = tmp_path / "project"
    workspace.mkdir()
    with opened(request.param) as sandbox:
        yield Runner(sandbox, workspace)


def python(inside: Runner, code: str, **limits: float) -> tuple[str, int, str]:
    done = inside([sys.executable, "-c", code], **limits)
    return done.output, done.exit_code, done.killed_by


def alive(mark: str) -> list[int]:
    """Processes whose command line holds the mark."""
    return [p.pid for p in psutil.process_iter(["cmdline"]) if mark in " ".join(p.info["cmdline"] or ())]


def test_fork_bomb(inside: Runner) -> None:
    """Held by the control group of the container; else by RLIMIT_NPROC, which counts all processes of a user; else, for
    root, whom the kernel does not count, by the supervisor, which ends everything."""
    allowed, mark = 32, uuid.uuid4().hex
    tries = allowed + (80 if os.geteuid() == 0 or inside.sandbox.name == "docker" else len(psutil.pids()) * 4)
    code = f"""
import os, time
mark, made = "{mark}", 0
try:
    for _ in range({tries}):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except BlockingIOError:
    print("held at", made, flush=True)
    os._exit(0)
print("made", made, flush=True)
time.sleep(60)
"""
    output, _, killed_by = python(inside, code, processes=allowed, seconds=20)
    if inside.sandbox.name == "docker" or os.geteuid() != 0:
        assert output.startswith("held at")
        assert inside.sandbox.name != "docker" or int(output.split()[-1]) < allowed
    else:
        assert killed_by == "crowd"
    assert alive(mark) == []


def test_memory_hog(inside: Runner) -> None:
    """Each process is held by RLIMIT_DATA."""
    code = "held = []\nfor _ in range(8): held.append(bytearray(b'x') * (64 << 20))"
    output, code, _ = python(inside, code, memory_bytes=200 * MIB)
    assert (code, "MemoryError" in output) == (1, True)


def test_memory_hog_of_many_processes(inside: Runner) -> None:
    """A container's processes are held together by its control group; elsewhere each is held by itself."""
    code = """
import os, time
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        held = bytearray(b"x") * (60 << 20)
        time.sleep(1)
        os._exit(0)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""
    output, _, _ = python(inside, code, memory_bytes=120 * MIB)
    if inside.sandbox.name == "docker":
        assert "-9" in output or output == "", output
    else:
        assert output == "[0, 0, 0, 0]\n"


def test_processor_hog(inside: Runner) -> None:
    """Held by RLIMIT_CPU, and by the clock where it only waits."""
    output, code, killed_by = python(inside, "while True: pass", cpu_seconds=1, seconds=60)
    assert (output, code) == ("", 137)
    assert killed_by != "timeout"
    output, _, killed_by = python(inside, "import time; time.sleep(60)", seconds=0.3)
    assert (output, killed_by) == ("", "timeout")


def test_disk_hog(inside: Runner) -> None:
    """A file is held by RLIMIT_FSIZE. The folder for temporary files is memory of a fixed size in containers and under
    bubblewrap; elsewhere, and in every workspace, many files can fill the disk."""
    code = """
import errno, os, sys
def fill(place):
    try:
        with open(place, "wb", buffering=0) as file:
            for _ in range(80):
                file.write(bytes(1 << 20))
    except OSError as error:
        return errno.errorcode[error.errno]
    return "full"
print(fill("big"))
if "temporary" in sys.argv:
    print([fill(f"/tmp/{number}") for number in range(5)][-1])
"""
    bounded = inside.sandbox.name in {"docker", "bubblewrap"}
    done = inside([sys.executable, "-c", code, *(["temporary"] if bounded else [])], file_bytes=60 * MIB)
    assert done.output.split() == (["EFBIG", "ENOSPC"] if bounded else ["EFBIG"])
    assert (inside.workspace / "big").stat().st_size == 60 * MIB


def test_a_daemon_is_not_left_behind(inside: Runner) -> None:
    """Also one that forked twice into a session of its own, closed all its files and ignores signals."""
    mark = uuid.uuid4().hex
    code = f"""
import os, signal, time
mark = "{mark}"
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.write(writer, b"up")
        os.closerange(0, 100)
        time.sleep(300)
    os._exit(0)
os.wait()
print(os.read(reader, 2).decode())
"""
    assert python(inside, code)[:2] == ("up\n", 0)
    assert alive(mark) == []


def test_the_sandbox_is_usable_afterwards(inside: Runner) -> None:
    """What one command did to its surroundings is not there for the next."""
    inside("touch /tmp/left; (setsid sleep 300 >/dev/null 2>&1 &)")
    if inside.sandbox.name == "docker":
        assert inside("ls /tmp/left").exit_code != 0
    started = time.monotonic()
    assert inside("echo here").output == "here\n"
    assert time.monotonic() - started < 60
    Path("/tmp/left").unlink(missing_ok=True)
