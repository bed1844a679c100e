"""The planner: turns a routed request into the chunks of a plan, by rules, before a token is spent."""

import difflib
import os
import re
import shlex
import uuid
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from codey_tui.engine import naming, sources
from codey_tui.engine.chunks import ChunkSpec, application, spec
from codey_tui.engine.context import read
from codey_tui.engine.errors import TurnFailed
from codey_tui.engine.router import route as route_request
from codey_tui.engine.router import spans, steps
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.router.spelling import corrected
from codey_tui.engine.slots.edits import edited_function
from codey_tui.engine.step_commands import tool_command
from codey_tui.engine.workspace_paths import PathRefused, is_inside, resolve
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk, ChunkKind, Condition, Plan
from codey_tui.tools.odd_names import shown

MAX_LISTED = 2000
MAX_HOLDERS = 60
"""Files that are looked into for a function that a request names."""
MAX_TEXT = 4000
"""Characters of a request that names are looked for in; what follows is material for the coder."""

_NO_DATABASE = re.compile(r"\b(?:without|no)\s+(?:an?\s+|any\s+)?(?:database|db|sqlite|sql)\b", re.IGNORECASE)
_FRAMEWORKS = (("django", "Django"), ("fastapi", "FastAPI"))
# What waits for input or runs until it is stopped is not started by a plan that nobody watches.
_RUNS_ON = re.compile(
    r"\b(?:flask|django|fastapi|server|gui|tkinter|pygame|bot|daemon|api|endpoint|route|game|interactive|chat|watch|websocket|"
    r"dashboard|web ?app|menu|quiz|asks?|prompts?|input|class|module|library|package|tests? for|unit ?tests?)\b",
    re.IGNORECASE,
)
_RUN_ASKED = re.compile(r"(?:\b(?:and|then)|,)\s+(?:run|execute|start|test|try)\s+(?:it|them|the \w+)\b", re.IGNORECASE)
_RUN_WITH = {".py": "python3", ".js": "node", ".mjs": "node"}
_RUN_IF_ASKED = {".sh": "sh", ".rb": "ruby", ".php": "php"}
_RUN_IT = re.compile(
    r"(?:and\s+|then\s+)*(?:run|execute|start|test|try|launch)\s+(?:it|them|that|this|the\s+(?:script|program|file|code|result))[.!]?",
    re.IGNORECASE,
)
_STRUCTURE = re.compile(r"\b(?:structure|skeleton|scaffold|boilerplate|project layout)\b", re.IGNORECASE)
_TESTS_FOR = re.compile(
    r"\btests?(?:\s+(?:file|files|module|suite|cases?|script|class))?\s+(?:for|of)\b", re.IGNORECASE
)
_ALL = re.compile(r"\b(?:all|every\w*)\b|(?:^|\s)-\w*a", re.IGNORECASE)
_TARGET = re.compile(
    r"\b(?:in|into|to|names?|named|called|as|file|inside)\s+(?:the\s+|a\s+|file\s+)*[`'\"@]?$", re.IGNORECASE
)


RouteStep = Callable[[str, Collection[str], Path], Route]
"""The router, for one step: its text, the tools there are, the workspace."""


class PlanRefused(TurnFailed):
    """No plan can be made; the sentence says what to change in the request."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, can_retry=False)


def plan(
    request: str,
    route: Route,
    workspace: Path,
    files: Sequence[str] = (),
    tools: Collection[str] = ("file", "shell"),
    route_step: RouteStep = route_request,
) -> Plan:
    """The chunks for a `code`, `steps` or `fullstack` request. `files` are workspace-relative paths that the person named,
    `tools` the names in the registry, `route_step` says what a single step is.

    Nothing is written or run. An existing file is only ever edited. Raises `PlanRefused` when a file to change does not
    exist, a path is refused, or a step is something that a plan cannot do.
    """
    planner = _Planner(request, workspace, files, tools, route_step)
    match route.kind:
        case "fullstack":
            chunks = planner.fullstack()
        case "steps":
            chunks = planner.steps()
        case "tool":
            chunks = [planner.call(route)]
        case _:
            chunks = planner.code(request)
    return Plan(id=_id(), request=request, chunks=tuple(chunks))


class _Planner:
    """One request on its way to chunks; remembers the paths that the plan itself will create."""

    def __init__(
        self, request: str, workspace: Path, files: Sequence[str], tools: Collection[str], route_step: RouteStep
    ) -> None:
        self._tools = tools
        self._route_step = route_step
        self._request = request
        self._workspace = workspace
        self._files = [file for file in files if is_inside(workspace, file)]
        self._staged = False  # whether a step before this one stages files
        self._made: dict[str, str] = {}  # path -> id of the chunk that writes it

    # --- one file ---------------------------------------------------------------------------------------------------
    def code(self, text: str, *, run: bool = True, condition: Condition = "always") -> list[Chunk]:
        """A file to write or edit, and the command that runs it where that makes sense."""
        path, exists = self._target(text)
        kind: ChunkKind = (
            "edit" if exists else "readme" if path.rsplit("/", 1)[-1].lower() == "readme.md" else "source_file"
        )
        entry = spec(kind)
        chunk = Chunk(
            id=_id(),
            kind=kind,
            title=entry.title.format(name=PurePosixPath(path).name),
            path=path,
            language=naming.fence_of(path) or naming.language_of(text).fence,
            max_tokens=entry.ceiling,
            instruction="" if text == self._request else text,
            depends=(self._made[path],) if path in self._made else (),
            condition=condition,
        )
        self._made.setdefault(path, chunk.id)
        command = self._run_command(text, path, exists) if run else ""
        if not command:
            return [chunk]
        return [chunk, self.command(command, f"Run {PurePosixPath(path).name}", "previous_succeeded", (chunk.id,))]

    def command(
        self, line: str, title: str = "", condition: Condition = "always", depends: tuple[str, ...] = ()
    ) -> Chunk:
        """A command chunk."""
        name = title if title and ":" not in title else f"Run {_short(line)}"
        return Chunk(id=_id(), kind="command", title=name, command=line, condition=condition, depends=depends)

    def call(self, route: Route, condition: Condition = "always") -> Chunk:
        """A chunk that calls a tool; its command line says the same for people."""
        chunk = self.command(tool_command(route), condition=condition)
        if route.tool == "shell":
            return chunk
        return msgspec.structs.replace(chunk, tool=route.tool, args=dict(route.args))

    def _target(self, text: str) -> tuple[str, bool]:
        """The path that `text` is about, and whether it exists (now, or once the plan's earlier chunks have run)."""
        bare = corrected(words.without_politeness(re.sub(r"[ \t]+", " ", text[:MAX_TEXT])))
        first = (spans.words(bare) or [""])[0]
        named = list(dict.fromkeys([*spans.files(text), *(self._files if text == self._request else ())]))
        for path in named:
            self._check(path)
        named = [path for path in named if PurePosixPath(path).suffix.lower() not in sources.BINARY]
        if holder := self._holding(text, named) or (not named and self._defining(first, text)):
            return holder, True
        if first in words.CREATE_VERBS or (first in {"add", "unit", "test", "tests"} and _TESTS_FOR.search(bare)):
            return self._target_of_creation(bare, named)
        if named and (place := sources.made_of(bare, named[0])):
            return self._fresh(place), False
        for path in named:
            if self._is_file(path):
                return path, True
        if named and first in words.EDIT_VERBS:
            raise PlanRefused(self._missing(named[0]))
        if named and not re.search(rf"\ban?\s+{re.escape(named[0])}\s+files?\b", text):  # "parse a .env file" reads one
            return named[0], False
        if (own := naming.new_path(bare)) in naming.OWN_NAMES and self._is_file(own):
            return own, True  # "update the readme"
        if first in words.EDIT_VERBS and (only := self._only_file()):
            return only, True
        return self._fresh(naming.new_path(bare)), False

    def _holding(self, text: str, named: list[str]) -> str:
        """The Python file with the function that is to be documented, hinted or renamed: one that is named, else the only one here."""
        if not re.search(r"\b(?:doc|type|typing|annotat|renam|hint|chang|call|turn|switch)", text, re.IGNORECASE):
            return ""
        paths = named or [name for name in self._names() if name.endswith(".py")][:MAX_HOLDERS]
        found = [path for path in paths if edited_function(text, read(self._workspace, path) or "")]
        return found[0] if len(found) == 1 else ""

    def _defining(self, first: str, text: str) -> str:
        """The only Python file here that defines the function or class that an order to change something names."""
        if first not in words.EDIT_VERBS | {"add"}:
            return ""
        found = [
            path
            for path in self._names()[:MAX_LISTED]
            if path.endswith(".py") and sources.defines(read(self._workspace, path) or "", text)
        ]
        return found[0] if len(found) == 1 else ""

    def _target_of_creation(self, bare: str, named: list[str]) -> tuple[str, bool]:
        """Where a new thing goes: the file it is to be written to, or a free name from its words."""
        own = any(PurePosixPath(path).name.startswith("test") for path in named)  # tests/test_a.py is where they go
        if _TESTS_FOR.search(bare) and named and not own:
            source = PurePosixPath(named[-1])
            return self._fresh(
                f"test_{source.stem}.py" if source.suffix == ".py" else f"{source.stem}.test{source.suffix}"
            ), False
        for path in named:
            if sources.works_on(bare, path):
                continue
            before = bare.split(path, 1)[0] if path in bare else ""
            direct = bool(re.fullmatch(r"\s*\w+\s+(?:(?:an?|the|new|empty|file|python|html|css)\s+)*[`'\"@]?", before))
            if direct or _TARGET.search(before):
                return path, self._is_file(path)
        if "app.py" in self._made and re.search(r"\b(?:route|endpoint|view)\b", bare, re.IGNORECASE):
            return "app.py", True
        return self._fresh(naming.new_path(bare)), False

    def _run_command(self, text: str, path: str, exists: bool) -> str:
        """The command that runs a file, or nothing."""
        suffix = PurePosixPath(path).suffix
        asked = bool(_RUN_ASKED.search(text))
        if suffix == ".py" and PurePosixPath(path).name.startswith("test_"):
            return f"python3 -m pytest {shlex.quote(path)}"
        runner = _RUN_WITH.get(suffix) or (_RUN_IF_ASKED.get(suffix) if asked else "")
        if not runner or (not asked and (exists or _RUNS_ON.search(text))):
            return ""
        return f"{runner} {shlex.quote(path)}"

    # --- several steps ----------------------------------------------------------------------------------------------
    def steps(self) -> list[Chunk]:
        """Each step routed by itself; conditions keep a step from running after a failure."""
        chunks: list[Chunk] = []
        named = ""
        for number, step in enumerate(steps.split(self._request), 1):
            condition: Condition = "previous_succeeded" if step.if_succeeded and chunks else "always"
            self._staged = any(chunk.args.get("op") == "add" for chunk in chunks)
            chunks += self._step(number, sources.said_out(step.text, named), condition)
            named = next(iter(spans.files(step.text)), chunks[-1].path if chunks[-1].kind != "command" else named)
        if not chunks:
            raise PlanRefused("I found no steps in this request. Number them: 1. … 2. …")
        return chunks

    def _step(self, number: int, text: str, condition: Condition) -> list[Chunk]:
        if self._made and _RUN_IT.fullmatch(text.strip()):
            path, writer = next(reversed(self._made.items()))
            if line := self._run_command("run it", path, exists=False):
                return [self.command(line, f"Run {PurePosixPath(path).name}", "previous_succeeded", (writer,))]
        routed = self._route_step(text, self._tools, self._workspace)
        match routed.kind:
            case "tool" if tool_command(routed):
                return [self.call(self._staged_only(routed, text), condition)]
            case "code" if _STRUCTURE.search(text) and re.search(r"\b(?:app|flask|fastapi|django|web)\b", text, re.I):
                return self._structure(text, condition)
            case "fullstack":
                return [_with(chunk, condition) if not index else chunk for index, chunk in enumerate(self.fullstack())]
            case "code":
                return self.code(text, run=bool(_RUN_ASKED.search(text)), condition=condition)
            case _:
                raise PlanRefused(
                    f"Step {number} ({_short(text)}) neither writes code nor runs a command. "
                    "Say what to write or run there, or ask it by itself."
                )

    def _staged_only(self, routed: Route, text: str) -> Route:
        """A commit after a step that staged files takes those, unless all is asked for."""
        if not self._staged or routed.tool != "git" or not routed.args.get("everything") or _ALL.search(text):
            return routed
        return msgspec.structs.replace(routed, args={**routed.args, "everything": False})

    def _structure(self, text: str, condition: Condition) -> list[Chunk]:
        """The folders of a web application and the file that sets it up."""
        folders = self._folders("Create directories", "", condition)
        if self._taken("app.py"):
            return [folders]
        entry = spec("backend_setup")
        setup = self._from(entry, entry.path, text, ())
        return [folders, setup]

    # --- a whole application ----------------------------------------------------------------------------------------
    def fullstack(self) -> list[Chunk]:
        """The chunks of a web application; in a folder of its own where one of its files exists already."""
        entries = application(self._request[:MAX_TEXT])
        if _NO_DATABASE.search(self._request):
            entries = [entry for entry in entries if entry.kind != "database_schema"]
        base = self._base([entry.path for entry in entries if entry.path])
        chunks: list[Chunk] = []
        for entry in entries:
            if entry.kind == "command":
                chunks.append(self._folders(entry.title, base))
                continue
            sources = (f"{base}models.py", f"{base}auth.py") if entry.language == "python" else ()
            needs = tuple(self._made[path] for path in sources if path in self._made)
            chunks.append(self._from(entry, f"{base}{entry.path}", self._request, needs))
        return chunks

    def _folders(self, title: str, base: str, condition: Condition = "always") -> Chunk:
        """The folders of a web application."""
        paths = [f"{base}{name}" for name in ("templates", "static/css", "static/js")]
        chunk = self.command(f"mkdir -p {' '.join(map(shlex.quote, paths))}", title, condition)
        return msgspec.structs.replace(chunk, tool="file", args={"op": "mkdir", "paths": paths})

    def _base(self, paths: list[str]) -> str:
        """The folder of a new application: the workspace itself, or a free name in it."""
        if not any(self._taken(path) for path in paths):
            return ""
        stem = naming.stem_of(re.sub(r"\bfull[\s-]?stack\b|\bweb\b", "", self._request, flags=re.IGNORECASE)) or "app"
        return naming.free_path(stem, self._taken) + "/"

    def _from(self, entry: ChunkSpec, path: str, text: str, depends: tuple[str, ...]) -> Chunk:
        """A chunk of a table entry."""
        lower = text.lower()
        framework = next((name for word, name in _FRAMEWORKS if word in lower), "Flask")
        chunk = Chunk(
            id=_id(),
            kind=entry.kind,
            title=entry.title,
            path=path,
            language=entry.language,
            max_tokens=entry.ceiling,
            instruction=entry.instruction.format(framework=framework),
            depends=depends,
        )
        self._made[path] = chunk.id
        return chunk

    # --- files ------------------------------------------------------------------------------------------------------
    def _check(self, path: str) -> None:
        try:
            place = resolve(self._workspace, path)
        except PathRefused as refused:
            raise PlanRefused(str(refused)) from refused
        if shown(path) != path and not os.path.lexists(place):
            raise PlanRefused(f"{shown(path)} holds characters that cannot be seen. Name the file without them.")

    def _is_file(self, path: str) -> bool:
        """Whether `path` is a file that can be edited when its chunk runs."""
        return path in self._made or (self._workspace / path).is_file()

    def _taken(self, path: str) -> bool:
        place = self._workspace / path
        return path in self._made or place.exists() or place.is_symlink()

    def _fresh(self, path: str) -> str:
        return naming.free_path(path, self._taken)

    def _only_file(self) -> str:
        """The one file that an order without a name can mean: the plan's last, else the only code file of the workspace."""
        if self._made:
            return list(self._made)[-1]
        found = [
            name for name in self._names() if PurePosixPath(name).suffix in naming.FENCES and not name.startswith(".")
        ]
        return found[0] if len(found) == 1 else ""

    def _names(self) -> list[str]:
        """Names of files at the top of the workspace, at most `MAX_LISTED`."""
        try:
            entries = sorted(entry.name for entry in self._workspace.iterdir() if entry.is_file())
        except OSError as error:
            raise PlanRefused(f"The workspace cannot be listed: {error.strerror}.") from error
        return entries[:MAX_LISTED]

    def _missing(self, path: str) -> str:
        """The sentence about a file that is not there, with the nearest that is."""
        near = difflib.get_close_matches(path, self._names(), n=1)
        hint = f" Did you mean {near[0]}?" if near else " Name a file of this folder, or ask me to create it."
        return f"There is no {path} in this workspace.{hint}"


def _with(chunk: Chunk, condition: Condition) -> Chunk:
    """The chunk under a condition."""
    return msgspec.structs.replace(chunk, condition=condition)


def _short(line: str) -> str:
    """A line cut to the width of a plan panel."""
    line = " ".join(line.split())
    return line if len(line) <= 40 else line[:39].rstrip() + "…"


def _id() -> str:
    return uuid.uuid4().hex[:12]
