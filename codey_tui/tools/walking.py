"""The way from the workspace to a path, folder by folder, each opened from the one above it and never through a link."""

import errno
import os
import stat
from pathlib import Path

from codey_tui.tools.base import ToolError
from codey_tui.tools.held import PASS, Held

_MAX_STARTS = 64
"""How often links may send the walk back to its beginning before they count as a circle."""
_MAX_LOOKS = 16
"""How often an entry may turn from a link into a folder and back while it is looked at."""
_NO_FOLDER = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EMLINK})  # what opening a link or a file as a folder gives


def walk(root: str, parts: tuple[str, ...], said: str, *, follow: bool = False, under_file: bool = False) -> Held:
    """Hold the place that `parts` lead to from the real folder `root`; with `follow` a link at the end is followed too.

    What is not there yet is held as well, and with `under_file` what cannot be there, since a file stands where a folder
    should. `said` is the path in sentences. Raises ToolError for what leads out of `root`, lies under a file, goes in a
    circle, or cannot be looked at.
    """
    way = _Way(root, parts, said, follow=follow, under_file=under_file)
    try:
        return way.go()
    except OSError as error:
        if not os.path.lexists(root):
            raise ToolError(f"The workspace {root} is gone. Put it back, or start codey in another folder.") from error
        raise ToolError(f"{said} cannot be looked at ({error.strerror}).") from error
    finally:
        way.close()


class _Way:
    """One walk: the folder reached so far, the names that led there, and those that are left."""

    def __init__(self, root: str, parts: tuple[str, ...], said: str, *, follow: bool, under_file: bool) -> None:
        self._root = root
        self._said = said
        self._follow = follow
        self._under_file = under_file
        self._starts = 0
        self._looks = 0
        self._folder = -1
        self._names: tuple[str, ...] = ()
        self._left = parts

    def close(self) -> None:
        """Let the folder go, unless a `Held` has it by now."""
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def go(self) -> Held:
        """Walk to the end."""
        self._begin(self._left)
        while self._left:
            name, rest = self._left[0], self._left[1:]
            if name == "..":  # out of a link: what a person or a model names has none
                self._begin((*self._names[:-1], *rest) if self._names else self._from_outside(self._root, self._left))
            elif not rest and not self._follow:
                return self._held(name)
            elif rest and self._enter(name):
                self._left = rest
            else:
                held = self._look(name, rest)
                if held is not None:
                    return held
        return self._held(".")

    def _look(self, name: str, rest: tuple[str, ...]) -> Held | None:
        """What stands at a name that is no folder to go through: the end of the way, or None where it goes on."""
        try:
            found = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return self._absent(name, rest)
        if stat.S_ISLNK(found.st_mode):
            self._through(name, rest)
            return None
        if not rest:
            return self._held(name)
        if not stat.S_ISDIR(found.st_mode):
            if self._under_file:
                return self._absent(name, rest)
            raise ToolError(f"{self._said} lies under a file, not under a folder.")
        self._look_again()  # it was none a moment ago
        return None

    def _absent(self, name: str, rest: tuple[str, ...]) -> Held:
        if ".." in rest:
            raise ToolError(f"{self._said} leads through a symbolic link to nowhere.")
        return self._held((name, *rest)[-1], (name, *rest)[:-1])

    def _through(self, name: str, rest: tuple[str, ...]) -> None:
        """Go on where a link leads."""
        try:
            target = os.readlink(name, dir_fd=self._folder)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOENT):
                raise
            self._look_again()  # it is no link any more
            return
        parts = tuple(part for part in target.split("/") if part not in ("", "."))
        way = (*parts, *rest)
        self._begin(self._from_outside("/", way) if target.startswith("/") else (*self._names, *way))

    def _from_outside(self, start: str, way: tuple[str, ...]) -> tuple[str, ...]:
        """The names from the workspace on, of a link that leaves it or is absolute, and comes back. The system's answer may be
        out of date at once, which does no harm: those names are walked like any others."""
        front, end = (way, ()) if self._follow else (way[:-1], way[-1:])
        real = Path(os.path.realpath(Path(start, *front)))
        if not real.is_relative_to(self._root):
            raise ToolError(f"{self._said} leads out of the workspace through a symbolic link.")
        return (*real.relative_to(self._root).parts, *end)

    def _begin(self, way: tuple[str, ...]) -> None:
        """Start at the workspace, with these names before us."""
        self._starts += 1
        if self._starts > _MAX_STARTS:
            raise ToolError(f"{self._said} goes in a circle of symbolic links.")
        self.close()
        self._folder = os.open(self._root, PASS)
        self._names, self._left = (), way

    def _enter(self, name: str) -> bool:
        """Go into a folder; False for what is none, or not there."""
        try:
            inner = os.open(name, PASS, dir_fd=self._folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno in _NO_FOLDER:
                return False
            raise
        self.close()
        self._folder = inner
        self._names = (*self._names, name)
        return True

    def _look_again(self) -> None:
        self._looks += 1
        if self._looks > _MAX_LOOKS:
            raise ToolError(f"{self._said} is being changed by someone else all the time.")

    def _held(self, name: str, missing: tuple[str, ...] = ()) -> Held:
        """Hand the folder over."""
        held = Held(self._root, self._folder, self._names, name, self._said, missing)
        self._folder = -1
        return held
