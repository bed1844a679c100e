"""Care for a hot machine and a low battery, with readings and a clock of the test's own."""

import asyncio

import pytest

from codey_tui.engine.care import Care, CareLimits
from codey_tui.engine.errors import TurnFailed
from codey_tui.protocol import events as ev
from codey_tui.protocol.models import Gauges

LIMITS = CareLimits(heat_c=80, battery=15, threads=4, cool_s=30)


class Place:
    """What is looked at, and what came of it."""

    def __init__(self, limits: CareLimits = LIMITS) -> None:
        self.now = 0.0
        self.bounds: list[int] = []
        self.said: list[ev.Event] = []
        self.care = Care(limits, self.bounds.append, lambda: self.now)

    def look(self, heat: float | None = None, battery: float | None = None, charging: bool | None = None) -> Gauges:
        return self.care.look(
            Gauges(
                engine_rss=0,
                models_rss=0,
                budget=0,
                cpu_percent=0,
                temperature=heat,
                battery_percent=battery,
                charging=charging,
            )
        )

    def chunk(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.care.before_chunk(self.said.append))


async def settled(task: asyncio.Task[None]) -> bool:
    """Whether it is done once everything that could run has run."""
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


def test_heat_takes_threads_and_gives_them_back_when_it_is_really_cooler() -> None:
    async def scenario() -> None:
        place = Place()
        assert [place.look(heat).threads for heat in (79, 80, 76, 75.5, 75, 79, 85, None)] == [0, 2, 2, 2, 0, 0, 2, 0]
        assert place.bounds == [2, 0, 2, 0]
        one = Place(CareLimits(heat_c=80, threads=1))
        assert one.look(90).threads == 1
        off = Place(CareLimits(heat_c=0, threads=4))
        assert off.look(120).threads == 0 and off.bounds == []

    asyncio.run(scenario())


def test_a_chunk_waits_for_the_machine_to_cool_and_the_figures_say_so() -> None:
    async def scenario() -> None:
        place = Place()
        place.look(86)
        task = place.chunk()
        assert not await settled(task)
        place.now = 12.0
        place.look(81)
        assert not await settled(task)
        place.look(70)
        assert await settled(task)
        assert (
            place.care.slowed()
            == "Slower: 2 threads of 4 for 12 s, since it was 86 °C; 12 s to cool down between chunks."
        )
        place.care.begin_turn()
        assert place.care.slowed() == ""

    asyncio.run(scenario())


def test_a_machine_that_stays_hot_is_not_waited_for_for_ever() -> None:
    async def scenario() -> None:
        place = Place(CareLimits(heat_c=80, cool_s=0.01))
        place.look(90)
        await asyncio.wait_for(place.care.before_chunk(place.said.append), 20)

    asyncio.run(scenario())


def test_a_low_battery_pauses_until_a_person_lets_it_go_on() -> None:
    async def scenario() -> None:
        place = Place()
        place.look(battery=16, charging=False)
        assert await settled(place.chunk()) and place.said == []
        place.look(battery=14, charging=False)
        task = place.chunk()
        assert not await settled(task)
        assert isinstance(place.said[-1], ev.TurnPaused) and "14%" in place.said[-1].text
        place.now = 9.0
        assert place.care.resume()
        assert await settled(task) and isinstance(place.said[-1], ev.TurnResumed)
        assert "9 s paused for the battery" in place.care.slowed()
        place.look(battery=12, charging=False)
        assert await settled(place.chunk()), "it was lifted, and stays so"
        assert not place.care.resume()
        place.look(battery=12, charging=True)
        place.look(battery=12, charging=False)
        task = place.chunk()
        assert not await settled(task), "it was charged meanwhile, so it counts anew"
        task.cancel()

    asyncio.run(scenario())


def test_charging_lifts_the_pause() -> None:
    async def scenario() -> None:
        place = Place()
        place.look(battery=5, charging=False)
        task = place.chunk()
        assert not await settled(task)
        place.look(battery=5, charging=True)
        assert await settled(task)
        assert isinstance(place.said[-1], ev.TurnResumed) and "charging" in place.said[-1].text

    asyncio.run(scenario())


@pytest.mark.parametrize("charging", [True, None])
def test_what_charges_or_does_not_tell_is_not_low(charging: bool | None) -> None:
    async def scenario() -> None:
        place = Place()
        place.look(battery=3, charging=charging)
        assert await settled(place.chunk()) and place.said == []

    asyncio.run(scenario())


def test_the_setting_may_go_on_or_stop_instead() -> None:
    async def scenario() -> None:
        going = Place(CareLimits(battery=15, on_low="continue"))
        going.look(battery=3, charging=False)
        assert await settled(going.chunk()) and await settled(going.chunk())
        assert [type(event) for event in going.said] == [ev.Noticed], "one warning is enough"
        stopping = Place(CareLimits(battery=15, on_low="stop"))
        stopping.look(battery=3, charging=False)
        with pytest.raises(TurnFailed, match="/retry"):
            await stopping.care.before_chunk(stopping.said.append)

    asyncio.run(scenario())
