"""The chunk that writes a README."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(
    kind="readme",
    ceiling=256,
    title="README",
    instruction="Write the README: what it is, its files, how to install it, how to run it, its routes.",
    path="README.md",
    language="markdown",
)
