"""A person's own tool from the shell: left out, shown, trusted, called, changed, left out again."""

from pathlib import Path

from tests.fakes.shell import codey
from tests.fakes.user_tools import GREETER

CALL = "use greet whom=Ada"


def test_a_tool_runs_once_it_is_trusted_and_not_when_it_changes(home: Path) -> None:
    workspace = home / "project"
    file = workspace / ".codey" / "tools" / "greeter.py"
    file.parent.mkdir(parents=True)
    file.write_text(GREETER)

    before = codey("run", CALL, "--approve", "none", cwd=workspace)
    assert "Hello, Ada!" not in before.stdout
    assert "codey trust" in before.stderr
    asked = codey("trust", cwd=workspace)
    assert asked.returncode == 3
    assert "class Greeter" in asked.stdout
    assert codey("trust", "--yes", cwd=workspace).returncode == 0

    after = codey("run", CALL, "--approve", "none", cwd=workspace)
    assert after.returncode == 0, after.stderr
    assert "Hello, Ada!" in after.stdout
    assert "codey trust" not in after.stderr
    assert "trusted as it is" in codey("trust", cwd=workspace).stdout

    file.write_text(GREETER.replace("Hello", "Goodbye"))
    changed = codey("run", CALL, "--approve", "none", cwd=workspace)
    assert "Goodbye" not in changed.stdout
    assert codey("trust", "--withdraw", cwd=workspace).returncode == 0
