"""The chunk that changes an existing file by search/replace blocks."""

from codey_tui.engine.chunks.spec import ChunkSpec

SPEC = ChunkSpec(kind="edit", ceiling=512, title="Edit {name}")
