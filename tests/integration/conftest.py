"""What several tests of whole programs begin with."""

from collections.abc import Generator
from pathlib import Path

import pytest

from codey_tui.cli.site import Site, open_site
from codey_tui.server.lifecycle import stop


@pytest.fixture
def site(home: Path) -> Generator[Site]:
    """A workspace in which no engine runs; one that a test starts is ended after it."""
    folder = home / "project"
    folder.mkdir()
    site = open_site(folder)
    yield site
    stop(site.place)
