"""The chunk types, all of them, and the plan of a full-stack application."""

from codey_tui.engine.chunks import (
    backend_routes,
    backend_setup,
    command,
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

__all__ = ["CHUNKS", "FULLSTACK", "ChunkSpec", "spec"]

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


def spec(kind: ChunkKind) -> ChunkSpec:
    """The entry of a chunk type."""
    return _BY_KIND[kind]
