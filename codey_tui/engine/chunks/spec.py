"""What every chunk type states about itself."""

import msgspec

from codey_tui.protocol.plan import ChunkKind


class ChunkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk type: its ceiling in generated tokens (0 for a command), a short title for the plan, one sentence of
    instruction for the coder (empty where the request says it all), its usual path and the fence's info string."""

    kind: ChunkKind
    ceiling: int
    title: str
    instruction: str = ""
    path: str = ""
    language: str = ""
