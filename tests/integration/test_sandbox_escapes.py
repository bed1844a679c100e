"""Ways out of every sandbox that this machine has, tried for real: each is refused or leads nowhere, and by what is said.

The plain limits have no walls: what they let through is asserted as well, so that nobody takes them for more. A hard link
that lies in the workspace already is the file itself, in every sandbox.
"""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from codey_tui.sandbox.landlock import Landlock
from tests.fakes.sandbox_runner import Runner
from tests.fakes.sandboxes import NAMES, opened

WALLED = ("docker", "bubblewrap", "landlock")
PROLOGUE = """
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
def attempt(what, *arguments):
    try:
        print("through", what(*arguments))
    except socket.gaierror:
        print("no answer")
    except OSError as error:
        print(errno.errorcode.get(error.errno, error.errno))
"""
THROUGH = "through"
# by what: another network or process namespace has neither the address nor the process; a read-only or missing mount; the
# owner of files; seccomp (EACCES for sockets, EPERM for the rest); Landlock (EACCES for files, EPERM for signals, EXDEV)
NOWHERE = {"ENOENT", "EROFS", "EACCES", "EXDEV", "ENOTDIR"}


@pytest.fixture(params=NAMES)
def inside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    workspace = tmp_path / "project"
    workspace.mkdir()
    with opened(request.param) as sandbox:
        yield Runner(sandbox, workspace)


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user, outside."""
    with subprocess.Popen(["sleep", "300"]) as process:
        yield process
        process.kill()


def told(inside: Runner, code: str) -> list[str]:
    """What the attempts of a program printed, a word each."""
    done = inside([sys.executable, "-c", PROLOGUE + code])
    assert done.exit_code == 0, done.output
    return [line.split()[0] for line in done.output.splitlines()]


def by(inside: Runner, **expected: set[str]) -> set[str]:
    """The outcomes that are right for this sandbox."""
    return expected[inside.sandbox.name]


# --- network ---------------------------------------------------------------------------------------------------------------
def test_tcp(inside: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"attempt(socket.create_connection, {server.getsockname()}, 5)"
        outcomes = by(
            inside, docker={"ECONNREFUSED"}, bubblewrap={"ECONNREFUSED"}, landlock={"EACCES"}, rlimits={THROUGH}
        )
        assert set(told(inside, code)) <= outcomes
        server.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            server.accept()[0].close()
            assert inside.sandbox.name == "rlimits", "somebody came through"


def test_udp(inside: Runner) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        code = (
            "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
            f".sendto(b'secret', {server.getsockname()}))"
        )
        # into a loopback device of one's own anything can be sent: nobody hears it
        own = {THROUGH, "ECONNREFUSED"}
        assert set(told(inside, code)) <= by(inside, docker=own, bubblewrap=own, landlock={"EACCES"}, rlimits={THROUGH})
        server.settimeout(0)
        heard = b""
        with contextlib.suppress(BlockingIOError):
            heard = server.recv(100)
        assert heard == (b"secret" if inside.sandbox.name == "rlimits" else b"")


def test_away_from_this_machine(inside: Runner) -> None:
    if inside.sandbox.name == "rlimits":  # nothing holds it: not tried, since it would really go out
        return
    code = (
        "attempt(socket.create_connection, ('192.0.2.1', 80), 5)\n"
        "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))\n"
        "attempt(socket.getaddrinfo, 'example.com', 80)"
    )
    refused = {"ENETUNREACH"} if inside.sandbox.name != "landlock" else {"EACCES"}
    tcp, udp, name = told(inside, code)
    assert {tcp, udp} == refused
    assert name == "no"


def test_raw_sockets(inside: Runner) -> None:
    code = (
        "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) and '')\n"
        "attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW) and '')"
    )
    root = {THROUGH} if os.geteuid() == 0 else {"EPERM"}
    assert set(told(inside, code)) <= by(
        inside, docker={"EPERM"}, bubblewrap={"EPERM"}, landlock={"EACCES"}, rlimits=root
    )


def test_unix_sockets(inside: Runner, tmp_path: Path) -> None:
    """By a path outside of the workspace, and in the abstract namespace."""
    place, abstract = str(tmp_path / "host.sock"), f"\0codey-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        first.bind(place)
        second.bind(abstract)
        first.listen()
        second.listen()
        code = f"""
for address in ({place!r}, {abstract!r}):
    attempt(lambda: socket.socket(socket.AF_UNIX).connect(address))
"""
        path, name = told(inside, code)
    assert path in by(inside, docker={"ENOENT"}, bubblewrap={"ENOENT"}, landlock={"EACCES"}, rlimits={THROUGH})
    assert name in by(
        inside, docker={"ECONNREFUSED"}, bubblewrap={"ECONNREFUSED"}, landlock={"EACCES"}, rlimits={THROUGH}
    )


def test_a_granted_network_is_there(tmp_path: Path) -> None:
    with opened("landlock") as sandbox, socket.create_server(("127.0.0.1", 0)) as server:
        code = f"{PROLOGUE}\nattempt(lambda: socket.create_connection({server.getsockname()}, 5) and '')"
        assert Runner(sandbox, tmp_path)([sys.executable, "-c", code], network=True).output == "through \n"


# --- files -----------------------------------------------------------------------------------------------------------------
def test_writing_outside_of_the_workspace(inside: Runner, tmp_path: Path, home: Path) -> None:
    if inside.sandbox.name == "rlimits":
        inside(f"echo x > {tmp_path}/outside")
        assert (tmp_path / "outside").exists(), "limits are no walls"
        return
    mark = uuid.uuid4().hex
    places = [f"{folder}/{mark}" for folder in (tmp_path, home, "/usr", "/etc", "/opt", "/var/tmp", "/dev/shm", "/")]
    code = f"for place in {places}:\n    attempt(lambda: open(place, 'w').close())"
    outcomes = told(inside, code)
    assert not [place for place in places if Path(place).exists()]
    # bubblewrap has a root and a /dev of its own in memory, which are gone with the run
    private = {THROUGH} if inside.sandbox.name == "bubblewrap" else set[str]()
    assert set(outcomes) <= NOWHERE | private


def test_symbolic_links(inside: Runner, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("hunter2")
    (inside.workspace / "link").symlink_to(outside)
    (inside.workspace / "up").symlink_to("..")
    code = """
for place in ("link", "up/secret.txt"):
    attempt(lambda: open(place).read())
for place in ("link", "up/secret.txt"):
    attempt(lambda: open(place, "w").write("lost"))
"""
    outcomes = told(inside, code)
    if inside.sandbox.name == "rlimits":
        assert (set(outcomes), outside.read_text()) == ({THROUGH}, "lost")
        return
    # under bubblewrap the folder above is one of its own, in memory: a new file in it is nobody's
    own = {THROUGH} if inside.sandbox.name == "bubblewrap" else set[str]()
    assert set(outcomes[:2]) <= NOWHERE
    assert set(outcomes[2:]) <= NOWHERE | own
    assert outside.read_text() == "hunter2"


def test_hard_links(inside: Runner, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("hunter2")
    code = f"attempt(os.link, {str(outside)!r}, 'hard')\nattempt(os.rename, {str(outside)!r}, 'moved')"
    if inside.sandbox.name == "rlimits":
        assert told(inside, code)[0] == THROUGH
        return
    assert set(told(inside, code)) <= NOWHERE
    assert not (inside.workspace / "hard").exists()
    assert outside.read_text() == "hunter2"


def test_what_decides_outside_stays_as_it_was(inside: Runner) -> None:
    """Hooks and the configuration of git, also where the folder that holds them is moved away."""
    if inside.sandbox.name == "rlimits":
        return
    hooks = inside.workspace / ".git" / "hooks"
    hooks.mkdir(parents=True)
    config = inside.workspace / ".git" / "config"
    config.write_text("[core]\n")
    inside("echo evil > .git/hooks/post-checkout; echo evil >> .git/config")
    assert (list(hooks.iterdir()), config.read_text()) == ([], "[core]\n")
    inside("mv .git away && mkdir -p .git/hooks && echo evil > .git/config && echo evil > .git/hooks/pre-commit")
    assert (list(hooks.iterdir()), config.read_text()) == ([], "[core]\n")


# --- the kernel and other processes ------------------------------------------------------------------------------------------
def test_proc_and_sys(inside: Runner, victim: "subprocess.Popen[bytes]") -> None:
    """Opened for writing and nothing written: without walls and as root it would be done."""
    places = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/mm/ksm/run", "/sys/power/state"]
    code = f"for place in {places}:\n    attempt(lambda: os.close(os.open(place, os.O_WRONLY)))\n"
    secrets = f"attempt(lambda: open('/proc/{victim.pid}/environ').read(1))\n"
    secrets += f"attempt(lambda: os.listdir('/proc/{victim.pid}/root/'))\n"
    if inside.sandbox.name == "rlimits":
        assert told(inside, secrets)[0] == THROUGH
        return
    assert set(told(inside, code)) <= NOWHERE | {"EPERM"}
    assert set(told(inside, secrets)) <= by(
        inside, docker={"ENOENT"}, bubblewrap={"ENOENT"}, landlock={"EACCES", "EPERM"}
    )


def test_a_setuid_file_is_not_left_to_whoever_finds_it(inside: Runner) -> None:
    """Root's files would lend root's rights to every user of the machine. What had the bit before keeps it."""
    own = inside.workspace / "own"
    own.write_text("")
    own.chmod(0o4755)
    since = own.stat().st_ctime
    while time.time() - since < 1.1:  # what was changed within the last second may be the command's
        time.sleep(0.05)
    done = inside("mkdir -p deep && cp /bin/true deep/it; chmod 6755 deep/it; ln -s ../own deep/link; chmod 700 deep")
    assert done.exit_code == 0, done.output
    mode = stat.S_IMODE((inside.workspace / "deep" / "it").stat().st_mode)
    confined = inside.sandbox.name != "rlimits" and os.geteuid() == 0
    assert mode == (0o755 if confined else 0o6755)
    assert ("taken from: deep/it" in "".join(inside.shown)) == confined
    assert stat.S_IMODE(own.stat().st_mode) == 0o4755


def test_setuid_programs_and_rights(inside: Runner) -> None:
    """A program that would make its user root does not, and nobody has a right that a plain user lacks."""
    program = inside.workspace / "rights"
    program.write_bytes(Path("/bin/grep").resolve().read_bytes())
    program.chmod(0o4755)
    done = inside("./rights -E 'CapEff|NoNewPrivs' /proc/self/status")
    found = dict(line.split(":\t") for line in done.output.splitlines())
    if inside.sandbox.name == "rlimits":
        assert found["NoNewPrivs"] == "0"
        return
    assert (found["CapEff"], found["NoNewPrivs"]) == ("0" * 16, "1")
    assert set(told(inside, "attempt(lambda: os.setuid(12345))")) <= {"EPERM", "EINVAL"}


def test_mounts_and_namespaces(inside: Runner) -> None:
    """With limits alone root could mount over the machine's own folders: not tried."""
    if inside.sandbox.name == "rlimits":
        return
    (inside.workspace / "here").mkdir()
    code = """
attempt(call, libc.mount, b"none", b"here", b"tmpfs", 0, None)
attempt(call, libc.umount2, b"/proc", 2)
attempt(call, libc.chroot, b".")
attempt(call, libc.unshare, 0x10000000 | 0x20000)
attempt(call, libc.mount, b"none", b"here", b"tmpfs", 0, None)
"""
    mount, unmount, root, unshare, second = told(inside, code)
    assert {mount, unmount, root} == {"EPERM"}
    assert unshare in by(inside, docker={"EPERM"}, bubblewrap={"EPERM", "ENOSPC"}, landlock={"EPERM"})
    assert second == "EPERM"
    assert not os.path.ismount(inside.workspace / "here")


def test_ptrace(inside: Runner, victim: "subprocess.Popen[bytes]") -> None:
    if inside.sandbox.name == "rlimits":  # what a user may do to his own processes, it may
        return
    code = f"""
attempt(call, libc.ptrace, 16, {victim.pid}, None, None)
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
attempt(call, libc.process_vm_readv, {victim.pid}, vector, 1, vector, 1, 0)
"""
    assert set(told(inside, code)) <= by(inside, docker={"ESRCH", "EPERM"}, bubblewrap={"ESRCH"}, landlock={"EPERM"})


def test_signals_to_the_host(inside: Runner, victim: "subprocess.Popen[bytes]") -> None:
    outcome = told(inside, f"attempt(os.kill, {victim.pid}, 9)")
    if inside.sandbox.name == "rlimits" or (inside.sandbox.name == "landlock" and Landlock().version() < 6):
        assert outcome == [THROUGH], "limits are no walls, and an old Landlock does not look at signals"
        return
    assert set(outcome) <= by(inside, docker={"ESRCH"}, bubblewrap={"ESRCH"}, landlock={"EPERM"})
    assert victim.poll() is None
