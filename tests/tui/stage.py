"""The real app on a scripted client, with clock, memory and folder fixed; for pilots, snapshots and screenshots."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.pilot import Pilot

from codey_tui.protocol.events import Event
from codey_tui.tui.app import CodeyApp
from codey_tui.tui.coalesce import Arrived
from codey_tui.tui.options import TuiOptions
from tests.fakes.scripted_client import START, ScriptedClient, envelopes

THEMES = Path(__file__).parents[2] / "themes"
WAIT_SECONDS = 6.0
Ready = Callable[[], object]


class Clock:
    """A monotonic clock that a test turns by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make_workspace(root: Path, *more: str) -> Path:
    """A small folder with a few files."""
    folder = root / "demo"
    for name in ("README.md", "greet.py", "src/main.py", *more):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("print('hi')\n")
    return folder


class Stage:
    """An app, its client and its clock. `run` is meant for `asyncio.run`."""

    def __init__(self, workspace: Path, client: ScriptedClient | None = None, **options: Any) -> None:
        self.client = client or ScriptedClient()
        self.clock = Clock()
        told = TuiOptions(workspace=workspace, themes_dir=THEMES, watch_files=False)
        self.app = CodeyApp(
            self.client,
            replace(told, **options),
            clock=self.clock,
            rss=lambda: 44 * 2**20,
            now=lambda: START + 3600,
        )

    def show(self, events: Sequence[Event]) -> None:
        """Let events arrive in one batch, unmerged."""
        self.client.sent += envelopes(events)
        self.app.post_message(Arrived(tuple(self.client.sent)))

    async def until(self, pilot: Pilot[Any], ready: Ready) -> None:
        """Wait for a condition."""
        waited = 0.0
        while not ready():
            assert waited < WAIT_SECONDS, "The condition did not come true."
            await pilot.pause(0.02)
            waited += 0.02
        await pilot.pause()

    async def ready_to_answer(self, pilot: Pilot[Any]) -> None:
        """Wait until a question stands and has the focus, then let the grace time pass."""
        bench = self.app.workbench
        await self.until(pilot, lambda: bench.focused in (bench.plan, bench.action, bench.cost))
        self.clock.now += 1.0


async def play(
    stage: Stage,
    events: Sequence[Event],
    act: Callable[[Pilot[Any]], Awaitable[None]],
    size: tuple[int, int] = (80, 24),
) -> None:
    """Run the app, show events, then act."""
    async with stage.app.run_test(size=size) as pilot:
        await pilot.pause()
        stage.show(events)
        if events:
            last = stage.client.sent[-1].seq
            await stage.until(pilot, lambda: stage.app.view.seq >= last)
        await act(pilot)
