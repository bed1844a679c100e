"""A plan: the ordered chunks of work that a person approves before a token is spent."""

from typing import Any, Literal

import msgspec

ChunkKind = Literal[
    "backend_setup",
    "backend_routes",
    "database_schema",
    "frontend_html",
    "frontend_css",
    "frontend_js",
    "readme",
    "source_file",
    "edit",
    "command",
]
ChunkState = Literal["pending", "running", "done", "failed", "skipped", "cancelled"]
Condition = Literal["always", "previous_succeeded"]


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of work: a file to write, a file to edit, or a command to run.

    `path` is relative to the workspace (POSIX separators), empty for a command. `language` is the info string of the
    code fence. `max_tokens` is the ceiling of generated tokens (0 for a command). `depends` lists ids of chunks that must
    be done first. `command` is the command line of a `command` chunk; with `tool` and its `args` that tool is called
    instead, and the command line says the same for people.
    """

    id: str
    kind: ChunkKind
    title: str
    path: str = ""
    language: str = ""
    max_tokens: int = 0
    instruction: str = ""
    depends: tuple[str, ...] = ()
    condition: Condition = "always"
    command: str = ""
    tool: str = ""
    args: dict[str, Any] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The chunks for one request, in the order in which they run."""

    id: str
    request: str
    chunks: tuple[Chunk, ...]
