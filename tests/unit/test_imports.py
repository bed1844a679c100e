"""What a part of Codey loads when it is imported, each asked in an interpreter of its own."""

import subprocess
import sys

import pytest

HEAVY = ("docker", "fastapi", "git", "llama_cpp", "numpy", "starlette", "textual", "uvicorn")
REPORT = "import sys; print('\\n'.join(sorted(sys.modules)), file=sys.stderr)"


def loaded(code: str) -> set[str]:
    """The modules in memory after `code` ran in a fresh interpreter."""
    program = f"import atexit\n@atexit.register\ndef report():\n    {REPORT}\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("codey_tui", HEAVY),
        ("codey_tui.protocol.wire", HEAVY),
        ("codey_tui.engine", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.inference", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.sandbox", ("docker", "fastapi", "llama_cpp", "textual")),
        ("codey_tui.server", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.store", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.telemetry", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.tools", ("fastapi", "llama_cpp", "textual")),
        ("codey_tui.bootstrap", ("docker", "fastapi", "llama_cpp", "textual")),
        ("codey_tui.cli", HEAVY),
        ("codey_tui.tui.app", ("docker", "fastapi", "git", "llama_cpp", "sqlite_utils")),
    ],
)
def test_importing_loads_nothing_foreign(module: str, foreign: tuple[str, ...]) -> None:
    assert loaded(f"import {module}").isdisjoint(foreign)


def test_the_protocol_loads_nothing_else_of_ours() -> None:
    ours = {name for name in loaded("import codey_tui.protocol.wire") if name.startswith("codey_tui.")}
    assert {name for name in ours if not name.startswith("codey_tui.protocol")} == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_is_quick_because_it_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"from codey_tui.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert not end.code"
    assert loaded(code).isdisjoint(HEAVY)
