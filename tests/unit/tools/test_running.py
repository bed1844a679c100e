"""The python and environment tools: real interpreters in a real sandbox, real virtual environments."""

import pytest

from codey_tui.tools import ToolError
from tests.fakes.tool_calls import ToolCalls


def test_python_runs_and_prints(calls: ToolCalls) -> None:
    risk, preview = calls.assess("python", code="import os\nprint(6 * 7, os.getcwd())")
    assert (risk.level, preview.kind) == ("execute", "command")
    result = calls.run("python", code="import os\nprint(6 * 7, os.getcwd())")
    assert (result.ok, result.output, result.sandbox) == (True, f"42 {calls.workspace}\n", "rlimits")


def test_python_that_fails_or_does_not_end(calls: ToolCalls) -> None:
    result = calls.run("python", code="raise ValueError('no')")
    assert (result.ok, result.exit_code) == (False, 1)
    assert "ValueError: no" in result.output
    assert "stopped after" in calls.run("python", code="while True: pass", seconds=0.3).summary


@pytest.mark.parametrize("code", [" ", "print(1)\u202e", "x" * 100_001])
def test_code_that_cannot_be_shown_is_not_run(calls: ToolCalls, code: str) -> None:
    with pytest.raises(ToolError):
        calls.run("python", code=code)


def test_an_environment_is_created_once_described_and_used(calls: ToolCalls) -> None:
    assert "no virtual environment" in calls.run("environment", op="describe").summary
    assert calls.run("environment", op="create").ok
    assert (calls.workspace / ".venv" / "bin" / "python").exists()
    described = calls.run("environment", op="describe")
    assert "in .venv" in described.summary
    assert "pip" in described.output
    assert "there already" in calls.run("environment", op="create").summary
    assert calls.run("python", code="import sys; print(sys.prefix)").output.strip() == str(calls.workspace / ".venv")


def test_installing_names_packages_and_the_network(calls: ToolCalls) -> None:
    risk, preview = calls.assess("environment", op="install", packages=["numpy", "flask[async]==3.0", "a>=1,<2"])
    assert risk.level == "execute"
    assert "Installs numpy, flask[async]==3.0, a>=1,<2" in risk.reason
    assert "network" in risk.reason
    assert "-m venv .venv" in preview.body
    assert "pip install" in preview.body
    calls.make("requirements.txt", "flask\n")
    assert "-r requirements.txt" in calls.assess("environment", op="install")[1].body


def test_a_local_package_is_installed_without_the_network(calls: ToolCalls) -> None:
    """What pip does with the names is pip's; that it runs in the workspace's own environment is ours."""
    calls.run("environment", op="create")
    result = calls.run("environment", op="install", packages=["pip"])
    assert result.ok, result.output
    assert "already satisfied" in result.output


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("python", "--index-url=x"),
        ("python", "git+https://x/y"),
        ("python", "./here"),
        ("python", "a b"),
        ("node", "-g"),
        ("node", "http://x"),
        ("node", "a;b"),
    ],
)
def test_addresses_and_options_are_no_packages(calls: ToolCalls, kind: str, name: str) -> None:
    with pytest.raises(ToolError, match="no name of a package"):
        calls.assess("environment", op="install", kind=kind, packages=[name])
