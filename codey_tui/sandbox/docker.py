"""Docker: the command runs in a container that was warmed for it, with no network, no rights and no files but the
workspace's."""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codey_tui.sandbox import idmap, setuid
from codey_tui.sandbox.base import Completed, Limits, OnOutput, SandboxError, SandboxRefused
from codey_tui.sandbox.docker_container import spec_for
from codey_tui.sandbox.docker_exec import execute
from codey_tui.sandbox.docker_image import find, prepare
from codey_tui.sandbox.docker_pool import SIZE, Pool
from codey_tui.sandbox.docker_rootfs import Tell
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.places import tool_folders

_TIMEOUT_S = 60
_HOME = "/tmp"  # noqa: S108 - inside the container
_OWN_IN_IMAGE = frozenset({"PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "SHELL", "USER", "LOGNAME", "JAVA_HOME", "GOPATH"})


class Docker:
    """A pool of containers of one environment, of the engine at `host` (by default DOCKER_HOST, else this machine's).

    Nothing of Docker is imported or asked before the first call."""

    name = "docker"

    def __init__(self, environment: str = "local", *, pool_size: int = SIZE, cpus: float = 0.0, host: str = "") -> None:
        self.environment = environment
        self._host = host
        self._pool_size = pool_size
        self._cpus = cpus or max(1.0, (os.cpu_count() or 1) - 0.5)
        self._lock = threading.Lock()
        self._client: Any = None
        self._pool: Pool | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """The first process of each container; nothing is asked of the engine, and none is made."""
        with self._lock:
            return self._pool.pids if self._pool is not None else ()

    def problem(self) -> str:
        """Why it cannot be used here, empty when it can: the engine answers, and the image is there."""
        try:
            client = self._connect()
            missing = "" if find(client, self.environment) else "its image is not there yet"
            return missing or _strange_users(client)
        except SandboxError as error:
            return str(error)
        except Exception as error:
            if not _of_docker(error):
                raise
            return _no_answer(error)

    def engine_problem(self) -> str:
        """Why no engine can be used, empty when only the image may be missing."""
        try:
            return _strange_users(self._connect())
        except SandboxError as error:
            return str(error)

    def prepare(self, tell: Tell) -> str:
        """Fetch or build the image and give its name. Raises SandboxError."""
        try:
            return prepare(self._connect(), self.environment, tell)
        except Exception as error:
            if _of_docker(error):
                raise SandboxError(_no_answer(error)) from error
            raise

    def pool(self) -> Pool:
        """The containers of this process; the first call removes those of engines that were killed."""
        client = self._connect()
        with self._lock:
            if self._pool is None:
                self._pool = Pool(client, self._pool_size)
            return self._pool

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        workspace: Path,
        env: Mapping[str, str],
        limits: Limits,
        on_output: OnOutput,
        cancel: threading.Event,
    ) -> Completed:
        """See `Sandbox.run`."""
        if any("\0" in part for part in argv):
            raise SandboxError("The command holds a NUL character, which no program can be given.")
        if not cwd.is_dir():
            raise SandboxError(f"The command could not be started in {cwd}: there is no such folder.")
        workspace = workspace.resolve()
        client = self._connect()
        try:
            image = find(client, self.environment)
            if not image:
                raise SandboxRefused("The image of the Docker sandbox is gone: `codey sandbox build` makes it again.")
            inner = self._environment(env, network=limits.network)
            own = self.environment == "local"
            tools = _tools(inner["PATH"], workspace) if own else ()
            spec = spec_for(image, workspace, tools, self._cpus, limits)
            leased = self.pool().lease(spec, keep=not limits.network)
            with setuid.none_left(workspace, on_output), leased as container:
                return execute(
                    client.api,
                    container,
                    argv,
                    cwd=str(cwd.resolve()),
                    env=inner if own else {name: value for name, value in inner.items() if name != "PATH"},
                    limits=limits,
                    on_output=on_output,
                    cancel=cancel,
                )
        except Exception as error:
            if _of_docker(error):
                raise SandboxError(f"The Docker engine failed during the command ({_first_line(error)}).") from error
            raise

    def close(self) -> None:
        """See `Sandbox.close`."""
        with self._lock:
            pool, self._pool = self._pool, None
            client, self._client = self._client, None
        if pool is not None:
            pool.close()
        if client is not None:
            client.close()

    def _environment(self, env: Mapping[str, str], *, network: bool) -> dict[str, str]:
        kept = scrubbed(os.environ, {}, network=network)
        if self.environment != "local":
            kept = {name: value for name, value in kept.items() if name not in _OWN_IN_IMAGE}
        path = f"{os.environ.get('PATH', '')}:/usr/local/bin:/usr/bin:/bin".lstrip(":")
        return {**kept, "PATH": path, "HOME": _HOME, "TMPDIR": _HOME, **env}

    def _connect(self) -> Any:
        """The client, once an engine has answered. Raises SandboxRefused."""
        with self._lock:
            if self._client is None:
                self._client = _client(self._host or os.environ.get("DOCKER_HOST", ""))
            return self._client


def _client(host: str) -> Any:
    place = _socket(host)
    try:
        import docker
    except ImportError as error:
        raise SandboxRefused(f"its Python package cannot be loaded ({error})") from error
    try:
        return docker.DockerClient(base_url=f"unix://{place}", version="auto", timeout=_TIMEOUT_S)
    except Exception as error:
        if _of_docker(error):
            raise SandboxRefused(_no_answer(error)) from error
        raise


def _socket(given: str) -> Path:
    """Where an engine of this machine listens. One elsewhere cannot see the workspace. Raises SandboxRefused."""
    if given and not given.startswith("unix://"):
        raise SandboxRefused("its engine (DOCKER_HOST) is on another machine, which cannot see the workspace")
    place = Path(given.removeprefix("unix://") or "/var/run/docker.sock")
    if not place.is_socket():
        raise SandboxRefused("no Docker engine runs here")
    return place


def _strange_users(client: Any) -> str:
    """Whether files made in a container would get other owners than meant, or root's could not be shown."""
    options = " ".join(map(str, client.info().get("SecurityOptions") or ()))
    if "rootless" in options or "name=userns" in options:
        return "its engine maps user ids, so files of the workspace would change their owners"
    return idmap.problem() if os.geteuid() == 0 else ""


def _tools(path: str, workspace: Path) -> tuple[str, ...]:
    """Folders of programs to show read-only: those of the workspace itself are there anyway."""
    found = (Path(folder).resolve() for folder in tool_folders(path, workspace))
    shown = [str(folder) for folder in found if folder.is_dir() and not folder.is_relative_to(workspace)]
    return tuple(folder for folder in dict.fromkeys(shown) if not workspace.is_relative_to(folder))


def _of_docker(error: Exception) -> bool:
    """Whether it comes from the SDK, or from the HTTP library below it."""
    from docker.errors import DockerException
    from requests import RequestException

    return isinstance(error, DockerException | RequestException)


def _no_answer(error: Exception) -> str:
    return f"the Docker engine does not answer ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return str(getattr(error, "explanation", "") or error).split("\n", 1)[0][:200]
