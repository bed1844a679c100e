"""The paths that the words of a command name: those outside of the workspace, and those that look like secrets."""

import glob
import itertools
import os
import re
from pathlib import Path, PurePosixPath

from codey_tui.tools.command_parser import Word
from codey_tui.tools.places import is_secret

HARMLESS_TARGETS = frozenset(
    {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty", "/dev/zero", "/dev/urandom"}
)
_PROGRAMS = ("/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/opt/homebrew/bin")
_TRUSTED = frozenset({".git", ".codey"})
_MAX_MATCHES = 200
_SEPARATORS = re.compile(r"[{},=:@]")


def short_flags(rest: list[str]) -> set[str]:
    """The letters of all short options, also those that stand together."""
    return {letter for word in rest if word.startswith("-") and not word.startswith("--") for letter in word[1:]}


def has_long(rest: list[str], *names: str) -> bool:
    """Whether a long option is given, also by the abbreviation that GNU programs take."""
    given = [word.partition("=")[0] for word in rest if word.startswith("--") and len(word) > 2]
    return any(name.startswith(word) for word in given for name in names)


class PathJudge:
    """Judges words as paths. It follows `cd`, so far as its folder is named: a later relative path counts from there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._places = {str(root)}
        self._entered: str | None = None

    def step(self, operator: str) -> None:
        """Go on to the next command: after `cd x &&` it runs in x, after anything else perhaps not."""
        if self._entered is not None:
            moved = {os.path.normpath(os.path.join(place, self._entered)) for place in self._places}  # noqa: PTH118
            self._places = moved if operator == "&&" else self._places | moved
            self._entered = None

    def enter(self, arguments: tuple[Word, ...]) -> None:
        """A `cd` with these arguments."""
        names = [word for word in arguments if not word.text.startswith("-")]
        self._entered = names[0].text if names and not (names[0].dynamic or names[0].glob) else None

    def outside(self, word: Word) -> list[str]:
        """What of a word names a place outside of the workspace, as it is written."""
        whole = word.text
        if self._is_outside(whole):
            return [whole]
        return [part for part in self._parts(word) if self._is_outside(part)][:1]

    def secrets(self, word: Word) -> list[str]:
        """What of a word names files of passwords or keys; a pattern is tried on the files that there are."""
        found = [part for part in (word.text, *self._parts(word)) if part and is_secret(part)]
        if not found and word.glob and len(word.text) < 256:
            found = [match for match in self._matches(word.text) if is_secret(match)]
        return found[:1]

    def is_program(self, name: str) -> bool:
        """Whether a command is named by its place among the system's programs."""
        return os.path.dirname(name) in _PROGRAMS  # noqa: PTH120 - a text, not a path of this machine

    def is_trusted(self, target: str) -> bool:
        """Whether a place decides about what git or Codey do."""
        return bool(_TRUSTED.intersection(PurePosixPath(target.lower()).parts))

    def _matches(self, pattern: str) -> list[str]:
        found: list[str] = []
        for place in self._places:
            try:
                found += itertools.islice(glob.iglob(pattern, root_dir=place), _MAX_MATCHES)  # noqa: PTH207
            except (OSError, re.error, ValueError):
                continue
        return found

    @staticmethod
    def _parts(word: Word) -> list[str]:
        """What else of a word a program may take as a path: the value of an option, what stands in braces."""
        text = word.text
        parts = [part for part in _SEPARATORS.split(text) if part != text]
        if text.startswith("-") and len(text) > 2:
            parts.append(text[2:] if text[1] != "-" else text.partition("=")[2])
        if "://" in text:
            parts = [text.partition("://")[2]] if text.startswith("file:") else []
        return parts

    def _is_outside(self, text: str) -> bool:
        if not text or text in HARMLESS_TARGETS:
            return False
        if text.startswith(("~", "$HOME", "${HOME", "$OLDPWD")):
            return True
        if text.startswith("/"):
            return len(text) == 1 or not Path(os.path.normpath(text)).is_relative_to(self._root)
        parts = PurePosixPath(text).parts
        if text.startswith(("$PWD", "${PWD")):
            parts, text = parts[1:], "/".join(parts[1:])
        if ".." not in parts:
            return False
        ends = (os.path.normpath(os.path.join(place, text)) for place in self._places)  # noqa: PTH118
        return any(not Path(end).is_relative_to(self._root) for end in ends)
