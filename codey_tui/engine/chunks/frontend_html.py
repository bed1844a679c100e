"""The chunk that writes a page."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="frontend_html",
    ceiling=384,
    title="HTML template",
    instruction="Write the page; it loads static/css/style.css and static/js/app.js.",
    path="templates/index.html",
    language="html",
)
