"""What models really took on this machine, by file and settings: it corrects the next forecast and survives every restart."""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui.inference.footprint import Footprint
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.tables import put_in_table, read_table

log = logging.getLogger(__name__)

KEPT = 200
"""Models with settings that are remembered, those that were used last."""
REMEMBERED_S = 86_400.0
"""Seconds for which a kill for want of memory counts: what took the memory then will not take it for ever."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The `peak` of resident bytes, when it was last used (seconds since the epoch), and the bytes that were available when
    the kernel killed it (`short_of`, at `killed`)."""

    peak: int = 0
    at: float = 0.0
    short_of: int = 0
    killed: float = 0.0


class Measured:
    """A file of measurements; one that cannot be read is begun anew, one that cannot be written costs a forecast and no more.
    Several processes may write: the last one wins, and what it did not know is measured again."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def peak(self, name: str) -> int:
        """The most resident bytes of this model with these settings; 0 where it was not measured."""
        return self._read().get(name, Taken()).peak

    def corrected(self, path: Path, options: LoadOptions, found: Footprint) -> Footprint:
        """A forecast that knows what was measured with its context and cache."""
        name = name_of(path, options, found)
        return replace(found, measured=self.peak(name)) if name else found

    def short_of(self, name: str) -> int:
        """How many available bytes did not suffice within the last day; 0 when they did."""
        found = self._read().get(name, Taken())
        return found.short_of if self._clock() - found.killed < REMEMBERED_S else 0

    def note_peak(self, name: str, peak: int) -> None:
        """A model that worked took so much at most; that it worked takes back what was said of a kill."""
        found = self._read().get(name, Taken())
        if name and (peak > found.peak or found.short_of):
            self._write(name, replace(found, peak=max(peak, found.peak), short_of=0, at=self._clock()))

    def note_kill(self, name: str, available: int, rss: int) -> None:
        """The kernel killed it for want of memory, when `available` bytes had been there for it and it had `rss`."""
        if name:
            found, now = self._read().get(name, Taken()), self._clock()
            self._write(name, replace(found, peak=max(rss, found.peak), short_of=available, killed=now, at=now))

    def _read(self) -> dict[str, Taken]:
        return read_table(self._file, dict[str, Taken])

    def _write(self, name: str, taken: Taken) -> None:
        try:
            put_in_table(self._file, dict[str, Taken], {name: taken}, _latest)
        except OSError as error:
            log.warning("How much memory a model took cannot be remembered (%s).", error)


def _latest(table: dict[str, Taken]) -> dict[str, Taken]:
    return dict(sorted(table.items(), key=lambda item: item[1].at)[-KEPT:])


def name_of(path: Path, options: LoadOptions, found: Footprint) -> str:
    """A name for a file as it is now and all settings that change its memory; empty when it is gone."""
    try:
        told = path.stat()
    except OSError:
        return ""
    parts = (
        str(path.resolve()),
        told.st_size,
        told.st_mtime_ns,
        found.n_ctx,
        found.kv_type,
        options.n_batch,
        options.mmap,
    )
    digest = hashlib.sha256(repr((*parts, options.n_gpu_layers)).encode()).hexdigest()[:16]
    return f"{path.name} {found.n_ctx} {found.kv_type} {digest}"
