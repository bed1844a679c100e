"""The chunk that sets a web application up: the app object, its configuration, one route, the start."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="backend_setup",
    ceiling=256,
    title="Backend setup",
    instruction="Write the {framework} application: the app object, its configuration, a home route and the start-up code.",
    path="app.py",
    language="python",
)
