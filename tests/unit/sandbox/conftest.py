"""The sandboxes of this machine, each as a runner of command lines."""

from pathlib import Path

import pytest

from codey_tui.sandbox import Bubblewrap, Rlimits, Sandbox
from tests.fakes.sandbox_runner import Runner

SANDBOXES: list[Sandbox] = [Rlimits()]
if not Bubblewrap().problem():
    SANDBOXES.append(Bubblewrap())


@pytest.fixture(params=SANDBOXES, ids=lambda sandbox: sandbox.name)
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return Runner(request.param, workspace)
