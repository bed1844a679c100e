"""Care for the machine while a turn runs: fewer threads and pauses where it is hot, a pause where the battery is nearly empty."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from codey_tui.engine.errors import TurnFailed
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Gauges

OnLowBattery = Literal["pause", "continue", "stop"]
COOLER_C = 5.0
"""Degrees Celsius below the limit at which everything goes on as before: without it threads would come and go every second."""
FULLER = 3.0
"""Percent above the limit at which a battery is no longer low."""


@dataclass(frozen=True)
class CareLimits:
    """From `heat_c` degrees Celsius on half of the `threads` are used, and a chunk waits up to `cool_s` seconds for the machine
    to cool. A battery at `battery` percent or less that is not charging is low. 0 switches either off."""

    heat_c: float = 0.0
    battery: float = 0.0
    on_low: OnLowBattery = "pause"
    threads: int = 1
    cool_s: float = 30.0


class Care:
    """Belongs to the engine's loop. `look` sees every reading of the machine; `use_threads` takes a bound, 0 for none."""

    def __init__(
        self, limits: CareLimits, use_threads: Callable[[int], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._use_threads = use_threads
        self._clock = clock
        self._hot = False
        self._low = False
        self._lifted = False
        self._waits = False
        self._percent = 0.0
        self._news = asyncio.Event()
        self._since = 0.0
        self.begin_turn()

    @property
    def _bound(self) -> int:
        return max(1, self._limits.threads // 2) if self._hot else 0

    def begin_turn(self) -> None:
        """Count anew what slows a turn down."""
        self._since = self._clock()
        self._hot_s = self._cooled_s = self._paused_s = 0.0
        self._hottest = 0.0

    def look(self, gauges: Gauges) -> Gauges:
        """Judge a reading; gives it with the bound on threads that holds now."""
        self._count()
        self._judge_heat(gauges.temperature)
        self._judge_battery(gauges.battery_percent, gauges.charging)
        self._news.set()
        return replace(gauges, threads=self._bound)

    def slowed(self) -> str:
        """What slowed the turn down so far, a sentence; empty where nothing did."""
        self._count()
        parts: list[str] = []
        if self._hot_s >= 0.5:
            threads = "1 thread" if self._limits.threads < 4 else f"{self._limits.threads // 2} threads"
            parts.append(
                f"{threads} of {self._limits.threads} for {self._hot_s:.0f} s, since it was {self._hottest:.0f} °C"
            )
        if self._cooled_s >= 0.5:
            parts.append(f"{self._cooled_s:.0f} s to cool down between chunks")
        if self._paused_s >= 0.5:
            parts.append(f"{self._paused_s:.0f} s paused for the battery")
        return f"Slower: {'; '.join(parts)}." if parts else ""

    def resume(self) -> bool:
        """A person lifts the pause, until the battery was charged again; False where there is none."""
        if not self._waits:
            return False
        self._lifted = True
        self._news.set()
        return True

    async def before_chunk(self, emit: Callable[[ev.Event], None]) -> None:
        """Wait where the machine needs it. Raises TurnFailed where a low battery is to end the turn."""
        if self._hot:
            await self._cool()
        if not self._low or self._lifted:
            return
        text = f"The battery is at {self._percent:.0f}% and not charging."
        if self._limits.on_low == "stop":
            raise TurnFailed(f"{text} The turn stopped before its next step; /retry goes on from there.")
        if self._limits.on_low == "continue":
            self._lifted = True
            emit(ev.Noticed(level="warning", text=f"{text} The turn goes on, as on_low_battery says."))
            return
        emit(ev.TurnPaused(text=f"{text} The turn waits before its next step, until it charges or you let it go on."))
        started = self._clock()
        self._waits = True
        try:
            while self._low and not self._lifted:
                await self._hear()
        finally:
            self._waits = False
            self._paused_s += self._clock() - started
        emit(ev.TurnResumed(text="The turn goes on." if self._low else "The battery is charging: the turn goes on."))

    async def _cool(self) -> None:
        started = self._clock()
        try:
            while self._hot and (left := started + self._limits.cool_s - self._clock()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await self._hear()
                except TimeoutError:
                    return  # it does not cool down; what it does next it does with fewer threads
        finally:
            self._cooled_s += self._clock() - started

    async def _hear(self) -> None:
        """Wait for the next reading or answer."""
        self._news.clear()
        await self._news.wait()

    def _judge_heat(self, heat: float | None) -> None:
        limit = self._limits.heat_c
        before = self._hot
        if not limit or heat is None:
            self._hot = False
        else:
            self._hot = heat >= limit or (before and heat > limit - COOLER_C)
            if self._hot:
                self._hottest = max(self._hottest, heat)
        if self._hot != before:
            self._use_threads(self._bound)

    def _judge_battery(self, percent: float | None, charging: bool | None) -> None:
        limit = self._limits.battery
        if not limit or percent is None or charging is not False:
            self._low = False
        else:
            self._percent = percent
            self._low = percent <= limit or (self._low and percent < limit + FULLER)
        if not self._low:
            self._lifted = False

    def _count(self) -> None:
        now = self._clock()
        if self._hot:
            self._hot_s += now - self._since
        self._since = now
