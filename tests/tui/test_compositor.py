"""A partial update writes what Textual's own would write, and asks fewer widgets for it."""

import asyncio
import copy
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Region
from textual.widgets import Label, ListItem, ListView, Static

from codey_tui.tui.driver.compositor import FrugalCompositor

WIDTH, HEIGHT = 60, 20


class Layers(App[None]):
    """Panes side by side that scroll, with a box over them and a line below."""

    CSS = """
    Screen { layers: below above; }
    Horizontal { layer: below; }
    VerticalScroll { width: 1fr; border: round red; }
    #box { layer: above; width: 22; height: 7; offset: 17 6; background: blue; border: heavy white; }
    #line { dock: bottom; height: 1; background: green; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            with VerticalScroll(id="left"):
                for number in range(30):
                    yield Static(f"row {number} [b]of[/b] the left pane")
            yield ListView(*(ListItem(Label(f"item {number}")) for number in range(30)))
        yield Static("over\nboth", id="box")
        yield Static("at the bottom", id="line")


def written(app: App[None], kind: type[Compositor], dirty: Sequence[Region]) -> str:
    """What an update of these regions writes."""
    compositor = kind()
    vars(compositor).update({name: copy.copy(value) for name, value in vars(app.screen._compositor).items()})
    compositor._dirty_regions = set(dirty)
    update = compositor.render_partial_update()
    return update.render_segments(app.console) if update is not None else ""


REGIONS = st.builds(
    lambda x, y, width, height: Region(x, y, min(width, WIDTH - x), min(height, HEIGHT - y)),
    st.integers(0, WIDTH - 1),
    st.integers(0, HEIGHT - 1),
    st.integers(1, WIDTH),
    st.integers(1, HEIGHT),
)


def test_it_writes_what_textual_writes() -> None:
    async def scenario() -> None:
        app = Layers()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            app.query_one("#left").scroll_to(y=5, animate=False)
            await pilot.pause()

            @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            @given(st.lists(REGIONS, max_size=6))
            def check(dirty: list[Region]) -> None:
                assert written(app, FrugalCompositor, dirty) == written(app, Compositor, dirty)

            check()
            assert written(app, FrugalCompositor, [Region(0, 0, 30, 4)])

    asyncio.run(scenario())


def test_what_did_not_change_is_not_rendered() -> None:
    async def scenario() -> None:
        app = Layers()
        async with app.run_test(size=(WIDTH, HEIGHT)):
            asked: list[tuple[Region, int]] = []

            class Counting(FrugalCompositor):
                def _get_renders(self, crop: Region | None = None):  # type: ignore[no-untyped-def]
                    for region, clip, strips in super()._get_renders(crop):
                        asked.append((clip, len(strips)))
                        yield region, clip, strips

            assert written(app, Counting, [Region(2, 2, 3, 1), Region(0, HEIGHT - 1, WIDTH, 1)])
            assert asked and all(rows == 1 or clip.height == HEIGHT - 2 for clip, rows in asked)
            assert len(asked) < 12  # of some 70 widgets, 40 in sight

    asyncio.run(scenario())
