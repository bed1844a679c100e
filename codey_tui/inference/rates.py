"""How fast this machine reads prompts, by model: measured at every generation, remembered from one start to the next."""

import logging
from pathlib import Path

from codey_tui.inference.tables import put_in_table, read_table

log = logging.getLogger(__name__)

# A rate that changed by less than this share is not worth a write.
_CHANGED = 0.1


class Rates:
    """Tokens per second of prompt evaluation by key, in a small JSON file; without a file they live as long as this object.

    A file that cannot be read or written costs a forecast and nothing else.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, float] = {}

    def get(self, key: str) -> float:
        """The rate measured last, 0 where none was."""
        if key not in self._known:
            self._known = self._read() | self._known
        return self._known.get(key, 0.0)

    def note(self, key: str, rate: float) -> None:
        """Remember a rate; 0 says nothing."""
        if rate <= 0 or abs(self.get(key) - rate) <= _CHANGED * rate:
            return
        self._known[key] = round(rate, 2)
        if self._file is None:
            return
        try:
            put_in_table(self._file, dict[str, float], {key: self._known[key]})
        except OSError as error:
            log.warning("How fast this machine reads prompts cannot be remembered (%s).", error)

    def _read(self) -> dict[str, float]:
        if self._file is None:
            return {}
        return {key: rate for key, rate in read_table(self._file, dict[str, float]).items() if rate > 0}
