"""The images that commands run in: environments by name, and one built from this machine where no registry is reached."""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from codey_tui.sandbox.base import SandboxError
from codey_tui.sandbox.docker_rootfs import Tell, fingerprint, pack
from codey_tui.sandbox.environment import scrubbed

REPOSITORY = "codey-sandbox"
ENVIRONMENTS = {
    "local": "",
    "python3.11": "python:3.11-slim",
    "python3.12": "python:3.12-slim",
    "python3.13": "python:3.13-slim",
    "node20": "node:20-slim",
    "node22": "node:22-slim",
}
"""Names that a person can choose, and the public image of each; `local` is built from the running interpreter."""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def find(client: Any, environment: str) -> str:
    """The name of the image of an environment if the engine has it, else empty. Raises DockerException."""
    from docker.errors import ImageNotFound

    wanted = [_public(environment), *([_built(environment)] if _can_build(environment) else [])]
    for name in filter(None, wanted):
        try:
            client.images.get(name)
        except ImageNotFound:
            continue
        return name
    return ""


def prepare(client: Any, environment: str, tell: Tell) -> str:
    """Make the image of an environment be there and give its name: found, else pulled, else built from this machine.

    Raises SandboxError when it can neither be pulled nor built, and DockerException.
    """
    if name := find(client, environment):
        tell(f"{name} is there already")
        return name
    public = _public(environment)
    problem = _pull(client, public, tell) if public else ""
    if public and not problem:
        return public
    if not _can_build(environment):
        raise SandboxError(
            f"The image {public} could not be fetched ({problem}), and this machine has no {environment} to build it from."
        )
    if problem:
        tell(f"{public} could not be fetched ({problem}): building from this machine instead")
    return _build(client, environment, tell)


def _public(environment: str) -> str:
    if environment not in ENVIRONMENTS:
        known = ", ".join(ENVIRONMENTS)
        raise SandboxError(f"There is no environment {environment!r}. Known: {known}.")
    return ENVIRONMENTS[environment]


def _pull(client: Any, name: str, tell: Tell) -> str:
    """Fetch an image from its registry; why it failed, empty when it did not."""
    from docker.errors import DockerException

    repository, _, tag = name.partition(":")
    tell(f"fetching {name}")
    try:
        for line in client.api.pull(repository, tag=tag, stream=True, decode=True):
            if error := line.get("error"):
                return str(error)
            if line.get("status") in {"Download complete", "Pull complete"}:
                tell(f"{line.get('id', name)}: {line['status'].lower()}")
    except (DockerException, OSError) as error:
        return str(getattr(error, "explanation", "") or error).split("\n", 1)[0][:160]
    return ""


def _can_build(environment: str) -> bool:
    """Whether this machine has what the environment promises."""
    if environment.startswith("node"):
        return _node(environment) is not None
    here = f"python3.{sys.version_info[1]}"
    return environment in {"local", here} and sys.platform == "linux" and shutil.which("ldd") is not None


def _node(environment: str) -> Path | None:
    """The Node.js of this machine, if it is of that major version."""
    found = shutil.which("node")
    if found is None:
        return None
    try:
        inner = scrubbed(os.environ, {})
        done = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=False, env=inner)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)\.", done.stdout)
    return Path(found) if version and f"node{version[1]}" == environment else None


def _programs(environment: str) -> list[Path]:
    node = _node(environment) if environment.startswith("node") else None
    return [node] if node else []


def _built(environment: str) -> str:
    return f"{REPOSITORY}:{environment}-{fingerprint(_programs(environment))}"


def _build(client: Any, environment: str, tell: Tell) -> str:
    name = _built(environment)
    try:
        layer = pack(_programs(environment), tell)
    except OSError as error:
        raise SandboxError(f"The image could not be built from this machine: {error}.") from error
    tell(f"loading {len(layer) / 1e6:.0f} MB into the engine")
    client.images.load(_archive(layer, name))
    return name


def _archive(layer: bytes, name: str) -> bytes:
    """A docker-archive, which an engine loads without a registry; the id of the image follows from its content."""
    config = {
        "architecture": _MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "User": "65534:65534", "WorkingDir": "/workspace"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    data = json.dumps(config, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for part, content in (
            (f"{digest}.json", data),
            ("layer.tar", layer),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            entry = tarfile.TarInfo(part)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
