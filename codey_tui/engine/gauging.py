"""Reads the machine once a second for the clients that listen, and takes the chance to write down what waits to be written."""

import asyncio
import logging
from collections.abc import Callable

from codey_tui.engine.journal import Journal
from codey_tui.engine.records import Records
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Gauges

log = logging.getLogger(__name__)
GAUGE_SECONDS = 1.0


class Gauging:
    """`latest` is the last reading; None before the first. `read` blocks; `look` sees every reading first, and gives it back as
    clients shall see it. While `working` the machine is read also where nobody listens."""

    def __init__(
        self,
        read: Callable[[], Gauges],
        look: Callable[[Gauges], Gauges],
        working: Callable[[], bool],
        journal: Journal,
        records: Records,
    ) -> None:
        self.latest: Gauges | None = None
        self._read = read
        self._look = look
        self._working = working
        self._journal = journal
        self._records = records

    async def run(self) -> None:
        """Tell clients about the machine, and whoever cares for it. Ends when it is cancelled."""
        while True:
            await asyncio.sleep(GAUGE_SECONDS)
            if not self._journal.listeners and not self._working():
                continue
            try:
                self.latest = self._look(await asyncio.to_thread(self._read))
            except Exception:
                log.exception("the machine could not be read; the next reading may be better")
                continue
            self._journal.emit(ev.GaugesRead(gauges=self.latest))
            self._journal.flush()
            self._records.flush()
