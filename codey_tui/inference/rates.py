"""How fast this machine reads prompts, by model: measured at every generation, remembered from one start to the next."""

import logging
import os
import tempfile
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

# A rate that changed by less than this share is not worth a write.
_CHANGED = 0.1
_MAX_BYTES = 1 << 20


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
        self._write(self._read() | {key: self._known[key]})  # other models note theirs in the same file

    def _read(self) -> dict[str, float]:
        if self._file is None:
            return {}
        try:
            with self._file.open("rb") as stream:
                found = msgspec.json.decode(stream.read(_MAX_BYTES), type=dict[str, float])
            return {key: rate for key, rate in found.items() if rate > 0}
        except FileNotFoundError:
            return {}  # nothing was measured yet
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("What is known of this machine's speed cannot be read (%s); it is measured anew.", error)
            return {}

    def _write(self, known: dict[str, float]) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, draft = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
            try:
                with os.fdopen(number, "wb") as stream:
                    stream.write(msgspec.json.encode(known))
                Path(draft).replace(self._file)
            finally:
                Path(draft).unlink(missing_ok=True)
        except OSError as error:
            log.warning("How fast this machine reads prompts cannot be remembered (%s).", error)
