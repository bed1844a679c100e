"""One container that waits for commands: made with nothing but a workspace, checked from outside, reset by a restart."""

import contextlib
import os
import secrets
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from codey_tui.sandbox import idmap
from codey_tui.sandbox.base import Limits, SandboxRefused
from codey_tui.sandbox.places import pinned, protected

INSIDE = "/workspace"
LABEL = "codey.owner"
_TMP = "rw,noexec,nosuid,nodev,size=64m,mode=1777"
_IDLE_PROCESSES = 2  # the init of Docker and the sleep below it
_SYSTEM_FOLDERS = ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/tmp", "/usr")  # noqa: S108


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What a container is made for; two runs of the same may follow each other in one container."""

    image: str
    workspace: Path
    tools: tuple[str, ...]
    cpus: float
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    processes: int
    network: bool


def spec_for(image: str, workspace: Path, tools: tuple[str, ...], cpus: float, limits: Limits) -> Spec:
    """The spec of a run. Raises SandboxRefused for a workspace that would hide the system of the container."""
    if str(workspace) in _SYSTEM_FOLDERS:
        raise SandboxRefused(f"{workspace} is a folder of the system: a container cannot have it as its workspace.")
    return Spec(
        image=image,
        workspace=workspace,
        tools=tools,
        cpus=cpus,
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        file_bytes=limits.file_bytes,
        processes=limits.processes,
        network=limits.network,
    )


class Container:
    """A started container. Raises DockerException, OSError or SandboxRefused; whatever fails is to be removed."""

    def __init__(self, client: Any, spec: Spec, owner: str) -> None:
        self.spec = spec
        self._api = client.api
        self.id = ""
        told = spec.workspace.stat()
        self._user, self._mapped = user_for(told.st_uid, told.st_gid)
        self._place = idmap.make_place() if self._mapped else spec.workspace
        self._protected = protected(spec.workspace)
        self._pinned = pinned(spec.workspace)
        self._pid = 0
        try:
            with self._source():
                self.id = client.containers.create(**self._arguments(owner)).id
                self._start()
        except BaseException:
            self.remove()
            raise

    @property
    def pid(self) -> int:
        """Its first process, as this machine numbers it; 0 before it was started."""
        return self._pid

    def healthy(self) -> bool:
        """Whether it still waits, alone, with what it was made with: a protected file that was replaced is not that."""
        return (
            protected(self.spec.workspace) == self._protected
            and bool(self._api.inspect_container(self.id)["State"]["Running"])
            and self.left_over() <= 0
        )

    def left_over(self, patience_s: float = 0.0) -> int:
        """How many processes a command has left behind, as the kernel counts them; -1 when it does not say. One that is
        just ending is given `patience_s`."""
        deadline = time.monotonic() + patience_s
        while True:
            count = _pids(self._pid)
            if count <= _IDLE_PROCESSES or time.monotonic() >= deadline:
                return -1 if count < 0 else max(0, count - _IDLE_PROCESSES)
            time.sleep(0.002)

    def kill(self) -> None:
        """End every process in it, at once and from outside."""
        from docker.errors import APIError

        try:
            self._api.kill(self.id)
        except APIError:
            if self._api.inspect_container(self.id)["State"]["Running"]:
                raise

    def reset(self) -> None:
        """As new: all processes killed, an empty /tmp; nothing inside is relied upon for it."""
        self.kill()
        with self._source():
            self._start()

    def remove(self) -> None:
        """Remove it with all that runs in it; one that is gone already is fine."""
        from docker.errors import NotFound

        try:
            if self.id:
                with contextlib.suppress(NotFound):
                    self._api.remove_container(self.id, force=True, v=True)
        finally:
            if self._mapped:
                idmap.remove_place(self._place)

    @contextlib.contextmanager
    def _source(self) -> Generator[None]:
        """The workspace is where the mounts of the container look for it."""
        if not self._mapped:
            yield
            return
        with idmap.mounted(self.spec.workspace, self._place):
            yield

    def _start(self) -> None:
        self._api.start(self.id)
        told = self._api.inspect_container(self.id)
        self._pid = int(told["State"]["Pid"])
        self._check_mounts()
        networks = told["NetworkSettings"]["Networks"].values()
        if self.spec.network and not any(network["IPAddress"] for network in networks):
            raise SandboxRefused("The Docker engine has no network to give to a container.")

    def _arguments(self, owner: str) -> dict[str, Any]:
        from docker.types import LogConfig, Ulimit

        spec = self.spec
        bounds = {
            "core": 0,
            "nofile": 1024,
            "fsize": spec.file_bytes,
            "data": spec.memory_bytes,
            "cpu": spec.cpu_seconds,
        }
        memory = {"mem_limit": spec.memory_bytes, "memswap_limit": spec.memory_bytes} if spec.memory_bytes else {}
        return {
            "image": spec.image,
            "command": ["sleep", "infinity"],
            "name": f"codey-{secrets.token_hex(6)}",
            "labels": {LABEL: owner},
            "network_mode": "bridge" if spec.network else "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "user": self._user,
            **memory,
            "nano_cpus": int(spec.cpus * 1e9),
            "pids_limit": spec.processes + _IDLE_PROCESSES if spec.processes else -1,
            "init": True,
            "ipc_mode": "none",
            "tmpfs": {"/tmp": _TMP},  # noqa: S108 - inside the container
            "mounts": self._mounts(),
            "working_dir": INSIDE,
            "ulimits": [
                Ulimit(name=name, soft=bound, hard=bound) for name, bound in bounds.items() if bound or name == "core"
            ],
            "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "1"}),
        }

    def _mounts(self) -> list[Any]:
        """The workspace at a place of its own and where it is outside, so that paths mean the same in both."""
        from docker.types import Mount

        def bind(source: Path, target: str, *, read_only: bool) -> Any:
            return Mount(target, str(source), type="bind", read_only=read_only, propagation="rprivate")

        made = [bind(Path(tool), tool, read_only=True) for tool in self.spec.tools]
        for target in dict.fromkeys((INSIDE, str(self.spec.workspace))):
            made.append(bind(self._place, target, read_only=False))
            made += [bind(self._place / name, f"{target}/{name}", read_only=False) for name in self._pinned]
            made += [bind(self._place / name, f"{target}/{name}", read_only=True) for name in self._protected]
        return made

    def _check_mounts(self) -> None:
        """What the engine mounted is what was meant: it looks paths up later than we do, and perhaps on another machine."""
        here = self.spec.workspace.stat()
        try:
            there = Path(f"/proc/{self._pid}/root{INSIDE}").stat()
            roots = _mount_roots(self._pid)
        except OSError as error:
            raise SandboxRefused(f"The container cannot be looked at from here ({error}).") from error
        right = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) and all(
            roots.get(f"{INSIDE}/{name}") == f"{roots[INSIDE].rstrip('/')}/{name}"
            for name in [*self._pinned, *self._protected]
        )
        if not right:
            raise SandboxRefused("The Docker engine does not show the container this workspace, but something else.")


def user_for(owner: int, group: int) -> tuple[str, bool]:
    """Who a command is, and whether the workspace has to be shown to it with mapped ids.

    Never root, and never more than the one who started Codey: that user itself or, when that is root, the workspace's
    owner. Files of root's own workspace are mapped, so that nobody can change them and they remain root's.
    """
    if os.geteuid() != 0:
        return f"{os.geteuid()}:{os.getegid()}", False
    if owner != 0:
        return f"{owner}:{group or idmap.NOBODY}", False
    return f"{idmap.NOBODY}:{idmap.NOBODY}", True


def _mount_roots(pid: int) -> dict[str, str]:
    """Where each mount of a process begins in its file system, by the place where it is mounted (proc(5), mountinfo)."""
    found: dict[str, str] = {}
    for line in Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split()
        found[fields[4]] = fields[3]
    return found


def _pids(pid: int) -> int:
    """How many processes and threads the control group of a process holds; -1 when it cannot be read."""
    try:
        for line in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in {"pids", ""}:
                top = Path("/sys/fs/cgroup", controllers)
                counter = Path(f"{top}/{path}", "pids.current")
                if counter.exists():
                    return int(counter.read_text(encoding="ascii"))
    except (OSError, ValueError):
        pass
    return -1
