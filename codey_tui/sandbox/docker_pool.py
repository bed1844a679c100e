"""Containers that wait: warmed before they are needed, reset after each use, removed without a trace.

One thread does what takes long. A container whose reset or check fails is thrown away, and another takes its place.
"""

import atexit
import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from codey_tui.sandbox import idmap
from codey_tui.sandbox.base import SandboxError, SandboxRefused
from codey_tui.sandbox.docker_container import LABEL, Container, Spec

log = logging.getLogger(__name__)

SIZE = 2


class Pool:
    """`size` containers of the spec that was asked for last. Any thread may lease; a lease of another spec gets a
    container of its own that is not kept."""

    def __init__(self, client: Any, size: int = SIZE) -> None:
        self._client = client
        self._size = size
        self._owner = _identity()
        self._spec: Spec | None = None
        self._ready: deque[Container] = deque()
        self._busy: set[Container] = set()
        self._all: set[Container] = set()
        self._work: deque[Callable[[], None]] = deque()
        self._making = 0
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        remove_abandoned(client)
        atexit.register(self.close)

    @property
    def waiting(self) -> int:
        """How many containers are ready."""
        with self._changed:
            return len(self._ready)

    @property
    def pids(self) -> tuple[int, ...]:
        """The first process of each container."""
        return tuple(container.pid for container in tuple(self._all) if container.pid)

    def settle(self, timeout_s: float = 60.0) -> bool:
        """Wait until the pool is full and nothing is left to do; False when it took too long."""

        def full() -> bool:
            return not self._work and not self._making and (self._spec is None or len(self._ready) >= self._size)

        with self._changed:
            return self._changed.wait_for(full, timeout_s)

    def warm(self, spec: Spec) -> None:
        """Let containers of this spec be made ready in the background."""
        with self._changed:
            if self._closed or spec == self._spec:
                return
            self._spec = spec
            for stale in self._ready:
                self._later(lambda stale=stale: self._discard(stale))
            self._ready.clear()
        self._fill()

    @contextlib.contextmanager
    def lease(self, spec: Spec, *, keep: bool) -> Generator[Container]:
        """A clean container for one command. `keep` says that more commands of this spec will follow.

        Raises SandboxRefused."""
        if keep:
            self.warm(spec)
        container = self._take(spec) or self._make(spec)
        with self._changed:
            self._busy.add(container)
        try:
            yield container
        finally:
            self._give_back(container)

    def close(self) -> None:
        """Remove every container; returns when they are gone."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._work.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        for container in list(self._all):
            self._discard(container)
        self._ready.clear()
        atexit.unregister(self.close)

    def _take(self, spec: Spec) -> Container | None:
        """A healthy one that waits; None when none does or will soon."""
        while True:
            with self._changed:
                if spec != self._spec:
                    return None
                self._changed.wait_for(lambda: self._ready or not self._making or self._closed, 30)
                if self._closed:
                    raise SandboxRefused("The sandbox has been closed.")
                if not self._ready:
                    return None
                container = self._ready.popleft()
            if _tried(container.healthy):
                return container
            self._discard(container)

    def _make(self, spec: Spec) -> Container:
        from docker.errors import DockerException

        try:
            container = Container(self._client, spec, self._owner)
        except (DockerException, OSError) as error:
            why = str(getattr(error, "explanation", "") or error).split("\n", 1)[0][:200]
            raise SandboxRefused(f"Docker could not make a container ({why}).") from error
        with self._changed:
            self._all.add(container)
        return container

    def _give_back(self, container: Container) -> None:
        with self._changed:
            self._busy.discard(container)
            wanted = not self._closed and container.spec == self._spec
            wanted = wanted and len(self._ready) + self._making < self._size
            if wanted:
                self._making += 1
                self._later(lambda: self._renew(container))
        if not wanted:
            self._discard(container)
        self._fill()

    def _fill(self) -> None:
        with self._changed:
            if self._closed or (spec := self._spec) is None:
                return
            while len(self._ready) + len(self._busy) + self._making < self._size:
                self._making += 1
                self._later(lambda: self._add(spec))

    def _renew(self, container: Container) -> None:
        """Reset a used one, or replace it when that fails."""
        if _tried(lambda: container.reset() is None):
            self._store(container)
        else:
            self._discard(container)
            self._add(container.spec)

    def _add(self, spec: Spec) -> None:
        try:
            container = self._make(spec)
        except SandboxError as error:
            log.warning("no container could be warmed: %s", error)  # the next command tries again, and tells
            container = None
        self._store(container)

    def _store(self, container: Container | None) -> None:
        with self._changed:
            self._making -= 1
            kept = container is not None and container.spec == self._spec and not self._closed
            if kept and container is not None:
                self._ready.append(container)
            self._changed.notify_all()
        if container is not None and not kept:
            self._discard(container)

    def _discard(self, container: Container) -> None:
        if not _tried(lambda: container.remove() is None):
            log.warning("the container %s could not be removed; the next start of Codey tries again", container.id)
        with self._changed:
            self._all.discard(container)

    def _later(self, task: Callable[[], None]) -> None:
        """Hand work to the thread; the lock is held."""
        self._work.append(task)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="codey-containers", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._work or self._closed)
                if self._closed:
                    return
                task = self._work[0]
            task()
            with self._changed:
                if self._work and self._work[0] is task:
                    self._work.popleft()
                self._changed.notify_all()


def remove_abandoned(client: Any) -> None:
    """Remove containers, and mounts, whose engine was killed."""
    from docker.errors import APIError

    for found in client.api.containers(all=True, filters={"label": LABEL}):
        if _dead(found["Labels"][LABEL]):
            with contextlib.suppress(APIError):  # another engine removes it at this moment
                client.api.remove_container(found["Id"], force=True, v=True)
    if os.geteuid() == 0:
        idmap.remove_stale()


def _tried(task: Callable[[], bool]) -> bool:
    """Whether it went well; what went wrong with a container is in the log, and the container is replaced."""
    from docker.errors import DockerException

    try:
        return task()
    except (DockerException, OSError, SandboxError) as error:
        log.info("a container failed: %s", error)
        return False


def _identity() -> str:
    """This process, so that it is told from a later one of the same number, and from those of other machines."""
    pid = os.getpid()
    return f"{_here()} {pid} {_started(pid)}"


def _here() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()


def _dead(owner: str) -> bool:
    """Whether the process of that identity is surely gone. One that cannot be seen from here is left in peace, but not
    one from before the machine was started anew."""
    boot, namespace, pid, started = owner.split(" ")
    here_boot, here_namespace = _here().split(" ")
    if boot != here_boot:
        return True
    if namespace != here_namespace:
        return False
    try:
        return _started(int(pid)) != started
    except OSError:
        return True
