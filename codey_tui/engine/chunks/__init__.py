"""The chunk types, all of them, and the plan of a full-stack application."""

import re
from collections.abc import Mapping

import msgspec

from codey_tui.engine.chunks import (
    accounts,
    backend_routes,
    backend_setup,
    command,
    dashboard,
    database_schema,
    edit,
    frontend_css,
    frontend_html,
    frontend_js,
    readme,
    source_file,
)
from codey_tui.engine.chunks.spec import ChunkSpec
from codey_tui.protocol.plan import ChunkKind

__all__ = ["CHUNKS", "FULLSTACK", "ChunkSpec", "application", "spec"]

CHUNKS: tuple[ChunkSpec, ...] = (
    backend_setup.SPEC,
    backend_routes.SPEC,
    database_schema.SPEC,
    frontend_html.SPEC,
    frontend_css.SPEC,
    frontend_js.SPEC,
    readme.SPEC,
    source_file.SPEC,
    edit.SPEC,
    command.SPEC,
)

# The order of a web application: 2,048 tokens in all when there is a database.
FULLSTACK: tuple[ChunkSpec, ...] = (
    database_schema.SPEC,
    backend_routes.SPEC,
    database_schema.INIT,
    command.DIRECTORIES,
    frontend_html.SPEC,
    frontend_css.SPEC,
    frontend_js.SPEC,
    readme.SPEC,
)

_BY_KIND = {entry.kind: entry for entry in CHUNKS}


def application(request: str) -> tuple[ChunkSpec, ...]:
    """The chunks of the web application that `request` asks for: `FULLSTACK`, and what a login and a dashboard add."""
    entries = list(FULLSTACK)
    if _asks(dashboard.ASKED, dashboard.REFUSED, request):
        entries = _with_added(entries, dashboard.ADDED)
        entries.insert(entries.index(frontend_css.SPEC), dashboard.PAGE)
    if _asks(accounts.ASKED, accounts.REFUSED, request):
        first_page = next(at for at, entry in enumerate(entries) if entry.path == frontend_html.SPEC.path)
        entries.insert(first_page + 1, accounts.PAGE)
        entries.insert(1, accounts.BACKEND)
        entries = _with_added(entries, accounts.ADDED)
    return tuple(entries)


def _asks(asked: re.Pattern[str], refused: re.Pattern[str], request: str) -> bool:
    """Whether `request` has words of `asked` beside those that say that it is not wanted."""
    return asked.search(refused.sub("", request)) is not None


def _with_added(entries: list[ChunkSpec], added: Mapping[str, str]) -> list[ChunkSpec]:
    """The entries with a sentence more in the instructions of those whose paths `added` names."""
    return [
        msgspec.structs.replace(entry, instruction=f"{entry.instruction} {added[entry.path]}")
        if entry.path in added
        else entry
        for entry in entries
    ]


def spec(kind: ChunkKind) -> ChunkSpec:
    """The entry of a chunk type."""
    return _BY_KIND[kind]
