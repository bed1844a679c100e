"""The real sandboxes of this machine, by name. One that cannot be had here skips the test and says why; where the
environment variable SANDBOXES_REQUIRED names it, as on the machine that tests every change, it fails the test."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codey_tui.sandbox import Bubblewrap, Rlimits, Sandbox
from codey_tui.sandbox.docker import Docker
from codey_tui.sandbox.landlock import Landlock

NAMES = ("docker", "bubblewrap", "landlock", "rlimits")
ENGINE = "DOCKER_FOR_TESTS"
"""Names the engine to test with: DOCKER_HOST would change what the rest of the tests run in."""


def docker(pool_size: int = 1) -> Docker:
    """The Docker sandbox with its image there; skips or fails where there is no engine."""
    sandbox = Docker(host=os.environ.get(ENGINE, ""), pool_size=pool_size)
    if problem := sandbox.engine_problem():
        sandbox.close()
        missing("docker", f"{problem}; .ci/docker-engine starts one, named by {ENGINE}")
    if sandbox.problem():
        with Path(tempfile.gettempdir(), "codey-test-image.lock").open("w") as lock:  # workers build it once
            fcntl.flock(lock, fcntl.LOCK_EX)
            sandbox.prepare(lambda _text: None)
    return sandbox


def missing(name: str, why: str) -> None:
    """There is no such sandbox here."""
    if name in os.environ.get("SANDBOXES_REQUIRED", "").split():
        pytest.fail(f"The sandbox {name} has to be here: {why}")
    pytest.skip(f"not run in {name}: {why}")


@contextlib.contextmanager
def opened(name: str, pool_size: int = 1) -> Iterator[Sandbox]:
    """A sandbox of that name, closed at the end."""
    sandbox: Sandbox = Rlimits()
    if name == "docker":
        sandbox = docker(pool_size)
    elif name != "rlimits":
        sandbox = Bubblewrap() if name == "bubblewrap" else Landlock()
        if problem := sandbox.problem():
            missing(name, problem)
    try:
        yield sandbox
    finally:
        sandbox.close()
