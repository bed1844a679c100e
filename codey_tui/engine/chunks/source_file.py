"""The general chunk: one new file."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(kind="source_file", ceiling=512, title="Write {name}")
