"""Where a command works: the workspace, its settings, and the place of its engine."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import codey_tui
from codey_tui.cli.failure import InputError
from codey_tui.cli.logs import log_to
from codey_tui.paths import Paths
from codey_tui.server.lifecycle import MAX_LOG_BYTES, EnginePlace
from codey_tui.settings import Settings, load


@dataclass(frozen=True)
class Site:
    """A workspace with everything that is known about it before an engine is there."""

    workspace: Path
    paths: Paths
    settings: Settings
    flags: Mapping[str, object]

    @property
    def place(self) -> EnginePlace:
        """Where the workspace's engine lives."""
        return place_of(self.paths, self.workspace)

    def engine_command(self, *, new: bool = False) -> list[str]:
        """The command line of the engine's process. `-P`: a file in the workspace must not hide a module of Python's."""
        command = [sys.executable, "-P", "-m", "codey_tui", "engine", "--workspace", str(self.workspace)]
        for name in ("model", "context_tokens", "kv_type", "approval_mode"):
            if self.flags.get(name) is not None:
                command += [f"--{name.replace('_', '-')}", str(getattr(self.settings, name))]
        return [*command, "--new"] if new else command

    def engine_env(self) -> dict[str, str]:
        """The environment of the engine's process: ours, and the way to this package where it is not installed."""
        root = Path(codey_tui.__file__).resolve().parents[1]
        if root.name in ("site-packages", "dist-packages"):
            return dict(os.environ)
        before = os.environ.get("PYTHONPATH")
        return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{before}" if before else str(root)}


def place_of(paths: Paths, workspace: Path) -> EnginePlace:
    """Where the engine of a workspace lives. Raises PathsError."""
    return EnginePlace(
        workspace=workspace,
        socket=paths.socket_path(workspace),
        folder=paths.workspace_dir(workspace),
        log=paths.engine_log(workspace),
    )


def log_to_file(site: Site, name: str) -> None:
    """What the program notes goes to a file beside the engine's log, never over what a person reads."""
    file = site.place.folder / name
    if file.exists() and file.stat().st_size > MAX_LOG_BYTES:
        file.replace(file.with_name(f"{name}.1"))
    log_to(file)


def find_workspace(given: Path | None) -> Path:
    """The folder to work in, as an absolute path without links. Raises InputError when it is none."""
    try:
        workspace = (given or Path.cwd()).expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The folder {given or 'that you are in'} cannot be used: {reason}.") from error
    if any("\ud800" <= letter <= "\udfff" for letter in str(workspace)):
        raise InputError(
            f"The name of the folder {workspace} is not UTF-8 text, which models and records are. Rename it."
        )
    if not workspace.is_dir():
        raise InputError(f"{workspace} is not a folder. Name one with --workspace.")
    if not os.access(workspace, os.R_OK | os.X_OK):
        raise InputError(f"The folder {workspace} cannot be read by you.")
    return workspace


def open_site(given: Path | None, flags: Mapping[str, object] | None = None) -> Site:
    """The workspace with its settings. Raises InputError, PathsError and SettingsError."""
    workspace = find_workspace(given)
    paths = Paths.locate(os.environ)
    set_flags = {name: value for name, value in (flags or {}).items() if value is not None}
    settings = load(paths, workspace, os.environ, set_flags)
    return Site(workspace=workspace, paths=paths, settings=settings, flags=set_flags)
