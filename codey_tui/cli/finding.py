"""One line of `codey doctor`."""

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it when it is not well."""

    name: str
    level: Level
    value: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding for JSON."""
        return asdict(self)
