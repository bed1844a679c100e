"""Paths of a workspace as the engine uses them: the check of `tools.places`, with refusals as the engine's own errors."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codey_tui.engine.errors import EngineError
from codey_tui.tools import places
from codey_tui.tools.base import ToolError
from codey_tui.tools.held import Held
from codey_tui.tools.places import relative

__all__ = ["PathRefused", "follow", "hold", "hold_known", "is_inside", "refusals", "relative", "resolve"]


class PathRefused(EngineError):
    """A path that must not be written or read on behalf of a request; the sentence names the path and the reason."""


@contextmanager
def refusals() -> Generator[None]:
    """What a place refuses within the block, as `PathRefused`. Also a decorator."""
    try:
        yield
    except ToolError as error:
        raise PathRefused(str(error)) from error


@refusals()
def resolve(workspace: Path, relpath: str) -> Path:
    """The real place of `relpath` (POSIX, relative) in `workspace`: its folder with every symlink followed, and its name.

    The last component itself is not followed, so that a caller sees a symlink as a symlink. The file need not exist.
    Raises `PathRefused` for all that a tool may not change either.
    """
    return places.changeable(workspace, relpath)


@refusals()
def follow(workspace: Path, relpath: str) -> Path:
    """Like `resolve`, but a symlink at the end is followed too; its target must lie in the workspace."""
    return places.changeable(workspace, relpath, follow=True)


@refusals()
def hold(workspace: Path, relpath: str, *, follow: bool = False) -> Held:
    """What `resolve` or `follow` accepts, held open from here on."""
    return places.hold_to_change(workspace, relpath, follow=follow)


@refusals()
def hold_known(workspace: Path, relpath: str, *, follow: bool = False, under_file: bool = False) -> Held:
    """A path that was checked before, or is on record, held open (see `places.hold_known`)."""
    return places.hold_known(workspace, relpath, follow=follow, under_file=under_file)


def is_inside(workspace: Path, relpath: str) -> bool:
    """Whether `relpath` is one that `resolve` accepts."""
    try:
        resolve(workspace, relpath)
    except PathRefused:
        return False
    return True
