"""The chunk that writes a web application's routes."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="backend_routes",
    ceiling=384,
    title="Backend app",
    instruction=(
        "Write the {framework} application with its routes: the page at / from templates/index.html and JSON routes "
        "to list, add, change and delete, with checks of bad input."
    ),
    path="app.py",
    language="python",
)
