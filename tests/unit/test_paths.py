"""Where things live: overrides, modes, and a socket path that always fits."""

import os
import stat
from pathlib import Path

import pytest

from codey_tui.paths import MAX_SOCKET_BYTES, Paths, PathsError, find_assets, private_dir, workspace_key


def located(base: Path) -> Paths:
    return Paths.locate({f"CODEY_{name}_DIR": str(base / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_variables_name_the_folders(tmp_path: Path) -> None:
    paths = located(tmp_path)
    assert (paths.config_dir, paths.data_dir, paths.runtime_dir) == (
        tmp_path / "config",
        tmp_path / "data",
        tmp_path / "runtime",
    )
    assert not any(tmp_path.iterdir()), "locating creates nothing"


def test_without_variables_the_platform_decides(home: Path) -> None:
    paths = Paths.locate({})
    assert paths.config_dir.is_relative_to(home)
    assert paths.runtime_dir == paths.data_dir / "run", "it must outlive the login, which XDG_RUNTIME_DIR does not"


def test_assets_are_found_in_a_checkout() -> None:
    assert (find_assets() / "config" / "default.json").is_file()


def test_workspace_folder_is_private_and_the_same_for_every_spelling(tmp_path: Path) -> None:
    workspace = tmp_path / "project"
    workspace.mkdir()
    link = tmp_path / "link"
    link.symlink_to(workspace)
    paths = located(tmp_path)
    folder = paths.workspace_dir(workspace)
    assert folder == paths.workspace_dir(link) == paths.workspace_dir(workspace / ".." / "project")
    assert folder.name == workspace_key(workspace)
    assert len(folder.name) == 16
    assert mode(folder) == mode(paths.data_dir) == 0o700
    assert paths.database(workspace).parent == paths.engine_log(workspace).parent == folder
    assert paths.checkpoints(workspace).is_dir()


def test_socket_path_is_private_and_short(home: Path) -> None:
    paths = located(home)
    socket = paths.socket_path(home)
    assert socket.parent == paths.runtime_dir
    assert mode(socket.parent) == 0o700


def test_a_long_runtime_folder_gives_way_to_a_short_one(tmp_path: Path) -> None:
    paths = located(tmp_path / ("long" * 30))
    socket = paths.socket_path(tmp_path)
    assert len(os.fsencode(socket)) <= MAX_SOCKET_BYTES
    assert mode(socket.parent) == 0o700
    assert socket.parent.stat().st_uid == os.getuid()
    other = located(tmp_path / ("longer" * 30)).socket_path(tmp_path)
    assert socket != other, "two installations do not share a socket"


def test_a_runtime_folder_that_others_can_enter_is_closed(home: Path) -> None:
    paths = located(home)
    paths.runtime_dir.mkdir(mode=0o755)
    assert mode(paths.socket_path(home).parent) == 0o700


def test_a_runtime_folder_that_is_a_link_is_refused(home: Path) -> None:
    paths = located(home)
    (home / "elsewhere").mkdir()
    paths.runtime_dir.symlink_to(home / "elsewhere")
    with pytest.raises(PathsError, match="does not belong to you alone"):
        paths.socket_path(home)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PathsError, match=r"cannot create its folder .*CODEY_DATA_DIR"):
        private_dir(tmp_path / "file" / "below")
