"""The chunk that runs a command; it costs no tokens."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(kind="command", ceiling=0, title="Run {name}")
DIRECTORIES = ChunkSpec(kind="command", ceiling=0, title="Create directories")
