"""Notices that the same call is made over and over: a loop that costs time and changes nothing."""

from typing import Any

import msgspec

SAME_CALLS = 3
"""Calls alike in a row, from which on a person is asked."""


class Repeats:
    """The last call of a turn and how often it was made in a row."""

    def __init__(self) -> None:
        self._last: tuple[int, str] = (0, "")
        self._count = 0

    def note(self, turn: int, tool: str, args: dict[str, Any]) -> bool:
        """Take a call; True from the third in a row on with the same tool and arguments."""
        call = (turn, f"{tool}:{msgspec.json.encode(args, order='deterministic').decode()}")
        self._count = self._count + 1 if call == self._last else 1
        self._last = call
        return self._count >= SAME_CALLS

    def interrupt(self) -> None:
        """Something else was done in between."""
        self._last, self._count = (0, ""), 0
