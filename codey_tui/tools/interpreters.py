"""Which Python and which Node a workspace uses: its own virtual environment's before the machine's."""

import os
import shutil
import sys
from pathlib import Path

VENV_FOLDERS = (".venv", "venv", "env")


def venv_of(workspace: Path) -> str:
    """The name of the workspace's virtual environment; empty where there is none."""
    return next((name for name in VENV_FOLDERS if (workspace / name / "pyvenv.cfg").is_file()), "")


def python_of(workspace: Path) -> str:
    """The interpreter for the workspace's code."""
    folder = venv_of(workspace)
    own = workspace / folder / "bin" / "python"
    if folder and os.access(own, os.X_OK):
        return str(own)
    return shutil.which("python3") or sys.executable
