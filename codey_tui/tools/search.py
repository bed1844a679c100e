"""The search tool: a pattern in the files of the workspace, by ripgrep where it is installed, else by our own reader.

Either runs in a process of its own, so that no pattern can keep the engine busy, and both tell what they find as JSON lines.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar, cast

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.text import Cleaner
from codey_tui.tools import file_types
from codey_tui.tools.base import Fields, ToolContext, ToolError
from codey_tui.tools.places import is_secret, readable, relative

MAX_LINE = 300
"""Characters of one line that are shown."""
_MAX_FILE = "4M"
_SECONDS = 60.0


class SearchArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the search tool. `pattern`: a regular expression, or with `literal` the text itself. `path`: where to
    look. `types`: only files of these languages or endings, such as py. `context`: lines shown around each match.
    `matches`: when to stop. What .gitignore names is left out, unless `ignored` is set."""

    OPERATIONS: ClassVar[dict[str, Fields]] = {}

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    path: str = "."
    types: tuple[str, ...] = ()
    literal: bool = False
    ignore_case: bool = False
    ignored: bool = False
    context: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    matches: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 200


class SearchTool:
    """Text in files."""

    name = "search"
    summary = "Search the files of the workspace for a regular expression, with file types and lines of context."
    Args = SearchArgs

    def __init__(self, ripgrep: str | None = None) -> None:
        """`ripgrep`: the program to use; None looks for `rg` on PATH, empty text never uses one."""
        self._ripgrep = ripgrep

    def assess(self, args: SearchArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`."""
        readable(context.workspace, args.path)
        file_types.globs(args.types)
        title = f"Search {args.path} for {args.pattern}"
        risk = Risk(level="read", reason="Only looks at files of the workspace.", touches=(args.path,))
        return risk, Preview(kind="text", title=title, body=title, path=args.path)

    def run(self, args: SearchArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        place = readable(context.workspace, args.path)
        if not place.exists():
            raise ToolError(f"{args.path} does not exist.")
        program = shutil.which("rg") if self._ripgrep is None else self._ripgrep
        where = relative(context.workspace, place)
        found = _Found(args)
        _read(_ripgrep(program, args, where) if program else _own(args, where), context, found)
        return found.result(context.cancel.is_set())


def _ripgrep(program: str, args: SearchArgs, where: str) -> list[str]:
    line = [
        program,
        "--no-config",
        "--json",
        "--crlf",
        "--hidden",
        "--sort=path",
        f"--max-filesize={_MAX_FILE}",
        "--glob=!.git",
    ]
    endings = file_types.globs(args.types)
    # a type and not --glob, which would show what .gitignore names
    line += [f"--type-add=wanted:{'*' if ending.startswith('.') else ''}{ending}" for ending in endings]
    line += ["--type=wanted"] if endings else []
    line += ["--fixed-strings"] if args.literal else []
    line += ["--ignore-case"] if args.ignore_case else []
    line += ["--no-ignore"] if args.ignored else ["--no-require-git"]
    line += [f"--context={args.context}"] if args.context else []
    return [*line, f"--regexp={args.pattern}", "--", where]


def _own(args: SearchArgs, where: str) -> list[str]:
    wish = msgspec.json.encode({**msgspec.structs.asdict(args), "path": where}).decode()
    return [sys.executable, "-P", "-m", "codey_tui.tools.search_files", wish]


def _read(argv: list[str], context: ToolContext, found: "_Found") -> None:
    """Run the searcher and take its lines until it ends, there is enough, time is over or it is cancelled."""
    root = str(Path(__file__).resolve().parents[2])
    complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    process = subprocess.Popen(
        argv,
        cwd=context.workspace,
        env=scrubbed(os.environ, {"PYTHONPATH": root}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
    )
    bound = min(context.limits.seconds or _SECONDS, _SECONDS)
    over = threading.Event()
    guard = threading.Thread(target=_guard, args=(process, context.cancel, over, time.monotonic() + bound))
    guard.start()
    try:
        for line in cast("IO[bytes]", process.stdout):
            if not found.take(json.loads(line)):
                break
        if found.full:
            process.kill()
        code = process.wait()
        complaints.seek(0)
        errors = complaints.read(65536).decode("utf-8", "replace")
    finally:
        process.kill()
        over.set()
        guard.join()
        process.communicate()
        complaints.close()
    if found.full or context.cancel.is_set():
        return
    if code < 0:
        raise ToolError(
            f"The search took longer than {bound:g} s. Search in a smaller folder, or for something simpler."
        )
    if code > 1:
        reason = next((text for text in reversed(errors.splitlines()) if text.strip()), "it gave no reason")
        raise ToolError(f"The search failed: {reason.strip().removeprefix('error: ').rstrip('.')}.")


def _guard(process: "subprocess.Popen[bytes]", cancel: threading.Event, over: threading.Event, end: float) -> None:
    """Ends a search that is cancelled or takes too long."""
    while not over.wait(0.05):
        if cancel.is_set() or time.monotonic() > end:
            process.kill()
            return


class _Found:
    """Matches as they come, in ripgrep's JSON (https://docs.rs/grep-printer, "JSON")."""

    def __init__(self, args: SearchArgs) -> None:
        self._args = args
        self._lines: list[str] = []
        self._files: set[str] = set()
        self._last = ("", 0)
        self._matches = 0
        self.full = False

    def take(self, message: dict[str, Any]) -> bool:
        """Take one message; False when there is enough."""
        if message["type"] not in ("match", "context"):
            return True
        data = message["data"]
        path = _text(data["path"]).removeprefix("./")
        if is_secret(path):
            return True
        matched = message["type"] == "match"
        if matched and self._matches >= self._args.matches:
            self.full = True
            return False
        number = int(data["line_number"] or 0)
        if self._args.context and self._lines and (self._last[0] != path or number > self._last[1] + 1):
            self._lines.append("--")
        self._last = (path, number)
        text = _text(data["lines"]).rstrip("\r\n")
        text = text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} [... {len(text) - MAX_LINE} more characters]"
        mark = ":" if matched else "-"
        self._lines.append(f"{path}{mark}{number}{mark} {text}")
        if matched:
            self._matches += 1
            self._files.add(path)
        return True

    def result(self, cancelled: bool) -> ActionResult:
        """What was found, in grep's form."""
        if cancelled:
            raise ToolError("The search was cancelled.")
        output = Cleaner().feed("\n".join(self._lines).encode(), final=True)
        if not self._matches:
            return ActionResult(ok=True, summary=f"Nothing matches {self._args.pattern} in {self._args.path}")
        matches = "1 match" if self._matches == 1 else f"{self._matches} matches"
        files = "1 file" if len(self._files) == 1 else f"{len(self._files)} files"
        more = ", and there are more" if self.full else ""
        return ActionResult(ok=True, summary=f"{matches} in {files}{more}", output=output, truncated=self.full)


def _text(value: dict[str, str]) -> str:
    """A path or line: text, or base64 where it is no UTF-8."""
    if "text" in value:
        return value["text"]
    import base64

    return base64.b64decode(value["bytes"]).decode("utf-8", "replace")
