"""The chunk that writes a style sheet."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="frontend_css",
    ceiling=256,
    title="CSS styles",
    instruction="Write the style sheet of templates/index.html, fit for narrow screens as well.",
    path="static/css/style.css",
    language="css",
)
