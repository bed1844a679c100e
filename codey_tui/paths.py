"""Where Codey's things live on this machine: the user's folders, one folder per workspace, the socket, the assets."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

MAX_SOCKET_BYTES = 100
"""A unix socket's address holds 104 bytes on BSD and macOS and 108 on Linux; this leaves room for a suffix."""


class PathsError(Exception):
    """A folder cannot be made or is not safe to use; the sentence says which one and what to do."""


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Where things live. Folders that these methods name are created with mode 0700 when they are asked for.

    `assets` is the folder that holds `themes/`, `models/` and `config/`.
    """

    config_dir: Path
    data_dir: Path
    runtime_dir: Path
    assets: Path

    @classmethod
    def locate(cls, env: Mapping[str, str]) -> "Paths":
        """The user's folders by the platform's habits, or those that CODEY_CONFIG_DIR, CODEY_DATA_DIR and
        CODEY_RUNTIME_DIR name. Nothing is created yet. Raises PathsError where neither tells of any."""
        return cls(
            config_dir=_folder("config", env),
            data_dir=_folder("data", env),
            runtime_dir=_folder("runtime", env),
            assets=find_assets(),
        )

    @property
    def config_file(self) -> Path:
        """The user's settings."""
        return self.config_dir / "config.json"

    @property
    def user_models(self) -> Path:
        """Where a person may put GGUF files of their own."""
        return self.data_dir / "models"

    @property
    def prompt_states(self) -> Path:
        """Prompts that models have read, as the numbers that they became (KV states)."""
        return self.data_dir / "kv"

    @property
    def rates(self) -> Path:
        """How fast this machine reads prompts, by model."""
        return self.data_dir / "rates.json"

    def workspace_dir(self, workspace: Path) -> Path:
        """The folder of what Codey remembers about a workspace; the workspace itself is left clean."""
        return private_dir(self.data_dir / "workspaces" / workspace_key(workspace))

    def database(self, workspace: Path) -> Path:
        return self.workspace_dir(workspace) / "codey.db"

    def engine_log(self, workspace: Path) -> Path:
        return self.workspace_dir(workspace) / "engine.log"

    def checkpoints(self, workspace: Path) -> Path:
        return private_dir(self.workspace_dir(workspace) / "checkpoints")

    def socket_path(self, workspace: Path) -> Path:
        """The engine's socket: at most MAX_SOCKET_BYTES long, in a folder that only this user can enter.

        Where the runtime folder's name is too long, a short folder under the temporary directory is used. Its name
        hangs on the runtime folder too, so that two installations never share a socket. Raises PathsError when the
        folder belongs to somebody else.
        """
        name = workspace_key(workspace) + ".sock"
        wanted = self.runtime_dir / name
        if len(os.fsencode(wanted)) <= MAX_SOCKET_BYTES:
            return private_dir(self.runtime_dir, exclusive=True) / name
        salt = os.fsencode(self.runtime_dir) + b"\0" + os.fsencode(os.path.realpath(workspace))
        name = hashlib.sha256(salt).hexdigest()[:16] + ".sock"
        for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the folder's owner is checked
            folder = parent / f"codey-{os.getuid()}"
            if len(os.fsencode(folder / name)) <= MAX_SOCKET_BYTES:
                return private_dir(folder, exclusive=True) / name
        raise PathsError(
            f"No folder has a short enough name for the engine's socket ({wanted}). "
            "Set CODEY_RUNTIME_DIR to a short one, such as ~/.codey-run."
        )


def find_assets() -> Path:
    """The folder of themes/, models/ and config/: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_assets"
    return installed if installed.is_dir() else package.parent


def workspace_key(workspace: Path) -> str:
    """16 hexadecimal digits that stand for a workspace; every way to write its path gives the same ones."""
    return hashlib.sha256(os.fsencode(os.path.realpath(workspace))).hexdigest()[:16]


def private_dir(path: Path, *, exclusive: bool = False) -> Path:
    """Create `path` with mode 0700 where it is missing, its parents too. With `exclusive` an existing folder must be a
    real one that belongs to this user and to nobody else. Raises PathsError."""
    try:
        for parent in reversed(path.parents):
            if not parent.exists():
                parent.mkdir(mode=0o700, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PathsError(
            f"Codey cannot create its folder {path} ({error.strerror or error}). "
            "Make it writable, or set CODEY_CONFIG_DIR, CODEY_DATA_DIR and CODEY_RUNTIME_DIR to folders that are."
        ) from error
    if exclusive:
        _check_owner(path)
    return path


def _check_owner(path: Path) -> None:
    """A socket in a folder of somebody else could be swapped for theirs: what they answer would be trusted."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PathsError(
            f"The folder {path} does not belong to you alone, so the engine's socket would not be safe there. "
            "Remove it, or set CODEY_RUNTIME_DIR to a folder of your own."
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)


def _folder(kind: str, env: Mapping[str, str]) -> Path:
    override = env.get(f"CODEY_{kind.upper()}_DIR", "").strip()
    if override:
        return Path(os.path.abspath(os.path.expanduser(override)))
    if kind == "runtime":
        # not XDG_RUNTIME_DIR: that folder vanishes when the last login of the user ends, and an engine outlives logins
        return _folder("data", env) / "run"
    import platformdirs  # only loaded when a folder is not named outright

    try:
        if kind == "config":
            return platformdirs.user_config_path("codey", appauthor=False)
        return platformdirs.user_data_path("codey", appauthor=False)
    except RuntimeError as error:  # as in a container that runs as a number without a name
        raise PathsError(
            "You have no home folder here. Set HOME, or CODEY_CONFIG_DIR and CODEY_DATA_DIR, to folders of yours."
        ) from error
