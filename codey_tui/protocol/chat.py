"""Messages of a session as they are stored and shown."""

from typing import Literal

import msgspec

Role = Literal["user", "assistant", "system", "tool"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One whole message. `text` is Markdown; `at` is Unix time in seconds."""

    id: str
    role: Role
    text: str
    at: float
