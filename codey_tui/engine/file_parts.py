"""The parts of a change that the file tool proposes by itself: each may be accepted or rejected, as those of a coder's edit."""

from pathlib import Path
from typing import Any

import msgspec

from codey_tui.engine import hunks
from codey_tui.protocol.actions import ActionResult, Hunk
from codey_tui.tools import ToolError
from codey_tui.tools.edits import apply_one
from codey_tui.tools.file import FileArgs
from codey_tui.tools.places import hold_to_change

MAX_BYTES = 512 << 10
"""Above this a change is shown in no parts: the tool shows no diff of it either."""


class FileParts:
    """A write or an edit of a file that is there, in parts. The tool itself writes what comes of them."""

    def __init__(self, workspace: Path, args: FileArgs, before: str, after: str) -> None:
        self._workspace = workspace
        self._args = args
        self._path = args.all_paths[0]
        self._before = before
        self._after = after
        self.hunks: tuple[Hunk, ...] = hunks.split(before, after)
        self._accepted = set(range(len(self.hunks)))
        self._reason = ""

    def choose(self, chosen: tuple[int, ...], reason: str) -> None:
        """Take the parts that were accepted (none named: all), and why others were not."""
        if chosen:
            self._accepted.intersection_update(chosen)
            self._reason = reason

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return len(self._accepted) == len(self.hunks)

    def narrowed(self) -> FileArgs:
        """The call with what was accepted. Raises ToolError where nothing was, or where the file is not any more what the parts were
        made from."""
        if self.whole:
            return self._args
        if not self._accepted:
            raise ToolError(f"None of the named parts of the change exist; {self._path} is as it was.")
        if _read(self._workspace, self._path) != self._before:
            raise ToolError(f"{self._path} was changed by someone else since the diff was made; it was left as it is.")
        text = hunks.merge(self._before, self._after, self._accepted)
        return FileArgs(op="write", path=self._path, content=text)

    def told(self, result: ActionResult) -> ActionResult:
        """The result, with what was rejected and why."""
        if self.whole or not result.ok:
            return result
        summary = f"Changed {self._path} ({len(self._accepted)} of {len(self.hunks)} parts)"
        left = [hunks.text_of(part) for index, part in enumerate(self.hunks) if index not in self._accepted]
        reason = f"The reason: {self._reason}" if self._reason else "No reason was given."
        output = "\n".join([f"{summary}. These parts were rejected:", *left, reason])
        return msgspec.structs.replace(result, summary=summary, output=output)


def file_parts(args: Any, workspace: Path) -> FileParts | None:
    """The parts of a call of the file tool; None for one that changes no file that is there, or not as text."""
    if not isinstance(args, FileArgs) or args.op not in ("write", "edit") or len(args.all_paths) != 1:
        return None
    before = _read(workspace, args.all_paths[0])
    if before is None:
        return None
    after = args.content or "" if args.op == "write" else apply_one(before, args.search, args.replace).text
    if before == after or len(before) + len(after) > MAX_BYTES:
        return None
    return FileParts(workspace, args, before, after)


def _read(workspace: Path, path: str) -> str | None:
    """The exact text of a file that the tool would change; None where there is none."""
    with hold_to_change(workspace, path, follow=True) as held:
        found = held.found()
        if found is None or held.is_folder() or found.st_size > MAX_BYTES:
            return None
        try:
            return held.read().decode()
        except UnicodeDecodeError:
            return None
