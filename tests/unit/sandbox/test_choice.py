"""The choice between sandboxes: by strength or by name, once, and never in silence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codey_tui.sandbox import Bubblewrap, Rlimits, SandboxRefused
from codey_tui.sandbox.choice import Candidate, Choice
from codey_tui.sandbox.docker import Docker
from tests.fakes.sandbox_runner import Runner


@pytest.fixture
def tried() -> list[str]:
    return []


@pytest.fixture
def candidates(tmp_path: Path, tried: list[str]) -> dict[str, Callable[[], Candidate]]:
    """An engine that is not there, a program that is not there, and one that works; noted when it is made."""

    def noted(name: str, made: Candidate) -> Candidate:
        tried.append(name)
        return made

    return {
        "docker": lambda: noted("docker", Docker(host=f"unix://{tmp_path}/docker.sock")),
        "bubblewrap": lambda: noted("bubblewrap", Bubblewrap("no-such-bwrap")),
        "rlimits": lambda: noted("rlimits", Rlimits()),
    }


def test_nothing_is_tried_before_the_first_need(
    candidates: dict[str, Callable[[], Candidate]], tried: list[str]
) -> None:
    choice = Choice(candidates)
    assert tried == []
    assert choice.name == "rlimits"
    assert tried == ["docker", "bubblewrap"], "the last one needs no trial"
    assert choice.name == "rlimits"
    assert tried == ["docker", "bubblewrap"]


def test_the_first_that_works_is_chosen(candidates: dict[str, Callable[[], Candidate]], tmp_path: Path) -> None:
    choice = Choice(candidates)
    assert Runner(choice, tmp_path)("echo here").output == "here\n"
    assert [(one.name, one.chosen, bool(one.problem)) for one in choice.survey()] == [
        ("docker", False, True),
        ("bubblewrap", False, True),
        ("rlimits", True, False),
    ]
    choice.close()


def test_a_wanted_one_is_never_replaced(candidates: dict[str, Callable[[], Candidate]], tmp_path: Path) -> None:
    choice = Choice(candidates, "docker")
    assert choice.name == "docker"
    with pytest.raises(SandboxRefused, match="docker is asked for in the settings, but no Docker engine runs here"):
        Runner(choice, tmp_path)("touch ran")
    assert not (tmp_path / "ran").exists()
    weaker = choice.weaker()
    assert weaker is not None
    assert weaker.name == "rlimits", "the next that works, for a person to say yes to"


def test_what_was_mended_is_noticed(candidates: dict[str, Callable[[], Candidate]], tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    candidates["bubblewrap"] = lambda: Bubblewrap(str(program))
    choice = Choice(candidates, "bubblewrap")
    with pytest.raises(SandboxRefused, match="not installed"):
        Runner(choice, tmp_path)("true")
    program.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    program.chmod(0o755)
    assert Runner(choice, tmp_path)("echo here").output == "here\n"


def test_after_the_last_there_is_none(candidates: dict[str, Callable[[], Candidate]]) -> None:
    assert Choice(candidates).weaker() is None
