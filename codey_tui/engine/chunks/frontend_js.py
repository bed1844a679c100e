"""The chunk that writes the code of a page."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="frontend_js",
    ceiling=384,
    title="JavaScript",
    instruction="Write the code of templates/index.html, which calls the routes of app.py with fetch.",
    path="static/js/app.js",
    language="javascript",
)
