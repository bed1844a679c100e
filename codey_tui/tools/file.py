"""The file tool: reads, lists, finds, writes, edits, moves, copies and deletes inside the workspace, without a process."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools import changes, lookups
from codey_tui.tools.base import Fields, ToolContext, ToolError
from codey_tui.tools.odd_names import shown

Operation = Literal["read", "list", "find", "write", "edit", "mkdir", "move", "copy", "delete"]
_LOOKS = frozenset({"read", "list", "find"})


class FileArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the file tool. Paths are relative to the workspace, with forward slashes.

    `read`: lines `start` to `end` (from 1, inclusive; 0: the last). `find`: files below `path` whose name fits the glob
    `pattern`, or, with `text`, their lines that hold it. `write`: `content` becomes the whole file. `edit`: the
    lines `search` become `replace`, found exactly or nearly. `move` and `copy`:
    from `path` to `target`. `read`, `mkdir` and `delete` take several `paths`.
    """

    OPERATIONS: ClassVar[dict[str, Fields]] = {
        "read": Fields(needs=("path",), takes=("start", "end")),
        "list": Fields(takes=("path",)),
        "find": Fields(takes=("path", "pattern", "text")),
        "write": Fields(needs=("path", "content")),
        "edit": Fields(needs=("path", "search", "replace")),
        "mkdir": Fields(needs=("paths",)),
        "move": Fields(needs=("path", "target")),
        "copy": Fields(needs=("path", "target")),
        "delete": Fields(needs=("paths",)),
    }

    op: Operation
    path: str = ""
    paths: tuple[str, ...] = ()
    content: str | None = None
    target: str = ""
    start: Annotated[int, msgspec.Meta(ge=1)] = 1
    end: Annotated[int, msgspec.Meta(ge=0)] = 0
    pattern: str = ""
    text: str = ""
    search: str = ""
    replace: str = ""

    @property
    def all_paths(self) -> tuple[str, ...]:
        """Every path that was named, each once."""
        named = [self.path, *self.paths] if self.path else self.paths
        return tuple(dict.fromkeys(named))


class FileTool:
    """Files and folders of the workspace."""

    name = "file"
    summary = "Read, list, find, write, edit, move, copy and delete files, and create folders."
    Args = FileArgs

    def assess(self, args: FileArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`. Every path is checked here and again in `run`: between the two a person may have answered late."""
        with _failures(args):
            return self._assess(args, context.workspace)

    def run(self, args: FileArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        with _failures(args):
            return self._run(args, context)

    def _assess(self, args: FileArgs, workspace: Path) -> tuple[Risk, Preview]:
        if args.op in _LOOKS:
            return lookups.assess(args.op, self._look_paths(args), args, workspace)
        match args.op:
            case "write":
                return changes.assess_write(workspace, self._one(args), self._content(args))
            case "edit":
                return changes.assess_edit(workspace, self._one(args), args.search, args.replace)
            case "mkdir":
                return changes.assess_mkdir(workspace, self._some(args))
            case "delete":
                return changes.assess_delete(workspace, self._some(args))
            case "move":
                return changes.assess_transfer(workspace, "move", self._one(args), self._target(args))
            case _:
                return changes.assess_transfer(workspace, "copy", self._one(args), self._target(args))

    def _run(self, args: FileArgs, context: ToolContext) -> ActionResult:
        match args.op:
            case "read":
                return lookups.read(context, self._some(args), args.start, args.end)
            case "list":
                return lookups.listing(context, args.path or ".")
            case "find":
                return lookups.find(context, args.path or ".", args.pattern, args.text)
            case "write":
                return changes.write(context, self._one(args), self._content(args))
            case "edit":
                return changes.edit(context, self._one(args), args.search, args.replace)
            case "mkdir":
                return changes.mkdir(context, self._some(args))
            case "delete":
                return changes.delete(context, self._some(args))
            case "move":
                return changes.move(context, self._one(args), self._target(args))
            case "copy":
                return changes.copy(context, self._one(args), self._target(args))

    def _look_paths(self, args: FileArgs) -> tuple[str, ...]:
        return self._some(args) if args.op == "read" else (args.path or ".",)

    def _some(self, args: FileArgs) -> tuple[str, ...]:
        if not args.all_paths:
            raise ToolError(f'"{args.op}" needs a path.')
        return args.all_paths

    def _one(self, args: FileArgs) -> str:
        paths = self._some(args)
        if len(paths) != 1:
            raise ToolError(f'"{args.op}" takes one path, not {len(paths)}.')
        return paths[0]

    def _content(self, args: FileArgs) -> str:
        if args.content is None:
            raise ToolError('"write" needs content; an empty string makes an empty file.')
        return args.content

    def _target(self, args: FileArgs) -> str:
        if not args.target:
            raise ToolError(f'"{args.op}" needs a target.')
        return args.target


@contextmanager
def _failures(args: FileArgs) -> Generator[None]:
    """What the system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        where = ", ".join(map(shown, args.all_paths))
        raise ToolError(f"{args.op} failed at {where}: {(error.strerror or str(error)).removesuffix('.')}.") from error
