"""The sandboxes of this machine, each as a runner of command lines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.sandbox_runner import Runner
from tests.fakes.sandboxes import NAMES, opened


@pytest.fixture(params=NAMES)
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    workspace = tmp_path / "project"
    workspace.mkdir()
    with opened(request.param) as sandbox:
        yield Runner(sandbox, workspace)
