"""The surface of the transcript: one virtualised scroll view, whose cost per token does not grow with its length.

Entries are text until they are looked at. Heights out of sight are estimates: the reader's place is an entry and a row
within it, so that neither a new width nor a better measure moves what is being read.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import events
from textual._animator import EasingFunction
from textual._types import AnimationLevel, CallbackType
from textual.app import App
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from codey_tui.tui.widgets.transcript.entry import COLOURS, Entry
from codey_tui.tui.widgets.transcript.marks import Spans, paint
from codey_tui.tui.widgets.transcript.picture import Picture

GUTTER = 2  # cells: a bar in the role's colour and a space
_NEAR = 4  # screens: scrolling this far walks row by row, farther is a jump to an estimated place


class Surface(ScrollView, can_focus=True):
    """Entries drawn as Markdown. It follows the end until the reader scrolls up."""

    DEFAULT_CSS = Path(__file__).with_name("transcript.tcss").read_text()
    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--match"}

    class FollowChanged(Message):
        """The view began or ceased to follow the end."""

        def __init__(self, following: bool) -> None:
            self.following = following
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.picture = Picture()
        self.scroll_step = 1  # rows the end moves at a time: more saves bytes on a slow link
        self._follow = True
        self._pinning = False
        self._batching = False
        self._cursor = -1  # index of the selected entry, -1 for none
        self._bars: dict[tuple[str, str], Strip] = {}
        self._look: tuple[object, ...] = ()

    @property
    def host(self) -> App[Any]:
        """The app, in a type that says what its result may be."""
        return cast("App[Any]", self.app)  # pyright: ignore[reportUnknownMemberType]

    # --- content -------------------------------------------------------------------------------------------------
    def load(self, items: Sequence[Entry]) -> None:
        """Show these entries instead of what there is, from the end."""
        self.picture.load(list(items), self._width)
        self._cursor = -1
        self._set_follow(True)
        self._settle()
        self.refresh()

    def upsert(self, entry: Entry) -> None:
        """Add an entry, or replace the one with its key. Where the text only grew, only its last block is drawn."""
        picture = self.picture
        index = picture.index.get(entry.key)
        if index is None:
            index = picture.add(entry, self._width)
            self._changed(index, 0)
            return
        if picture.items[index].entry == entry:
            return
        visible = not self._batching and self._is_visible(index)
        before = picture.rows(index) if visible else []
        picture.change(index, entry, self._width)
        stable = 0
        if visible:
            for old, new in zip(before, picture.rows(index), strict=False):
                if old is not new and (old.text != new.text or old.strip != new.strip):
                    break
                stable += 1
        self._changed(index, stable)

    def append(self, key: str, text: str) -> None:
        """Streamed text for an entry. An unknown key opens an assistant's entry."""
        index = self.picture.index.get(key)
        if index is None:
            self.upsert(Entry(key, "assistant", text, open=True))
        elif text:
            entry = self.picture.items[index].entry
            self.upsert(replace(entry, text=entry.text + text))

    @contextmanager
    def bulk(self) -> Generator[None]:
        """Measure and paint once for all that is added or changed inside."""
        self._batching = True
        try:
            yield
        finally:
            self._batching = False
            self._settle()
            self.refresh()

    def clear(self) -> None:
        """Forget all entries."""
        self.load(())

    def entry_text(self, key: str) -> str:
        """The raw text of an entry; KeyError if there is none."""
        return self.picture.items[self.picture.index[key]].entry.text

    @property
    def entries(self) -> list[Entry]:
        return [item.entry for item in self.picture.items]

    # --- following -----------------------------------------------------------------------------------------------
    @property
    def following(self) -> bool:
        """Whether new text scrolls the view."""
        return self._follow

    def jump_to_end(self) -> None:
        """Go to the end and follow it from now on."""
        self._set_follow(True)
        self._settle()

    def _set_follow(self, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            self.post_message(self.FollowChanged(follow))

    # --- geometry ------------------------------------------------------------------------------------------------
    @property
    def _width(self) -> int:
        return max(8, self.scrollable_content_region.width - GUTTER)

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _is_visible(self, index: int) -> bool:
        if self.picture.renderer is None or not self._height:
            return False
        top = self.picture.heights.top(index)
        y = self.scroll_offset.y
        return top < y + self._height and top + self.picture.heights.get(index) > y

    def _changed(self, index: int, stable: int) -> None:
        """An entry changed from its row `stable` on: keep the place or the end, and paint what differs."""
        if self._batching:
            return
        before = (self.scroll_offset.y, self.picture.heights.total, self.picture.heights.get(index))
        self._settle()
        y, total = self.scroll_offset.y, self.picture.heights.total
        if y != before[0]:
            return  # scrolling paints all
        first = max(0, self.picture.heights.top(index) + stable - y)
        last = self._height
        if total == before[1]:
            last = min(last, self.picture.heights.top(index) + before[2] - y)
        if first < last:
            self.refresh(Region(0, first, self._width + GUTTER, last - first))

    def _settle(self) -> None:
        """Measure what is on the screen, then bring scrollbar and scroll position in line with it."""
        if not self.is_mounted or not self._height:
            return
        self._redraw()
        step = max(1, min(self.scroll_step, self._height // 2))
        top = self.picture.settle(self._height, self._follow)
        total = self.picture.heights.total
        if self._follow and step > 1 and top > 0:
            top = -(-top // step) * step
            total = max(total, top + self._height)
        self._pin(top, total)

    def _redraw(self, force: bool = False) -> None:
        """Draw with a renderer for the present width and theme, if there is something to draw."""
        renderer = self.picture.renderer
        if not self.picture.items or (renderer is not None and renderer.width == self._width and not force):
            return
        from codey_tui.tui.widgets.transcript.render import Renderer  # with all of Markdown

        self.picture.redraw_at(Renderer(self._width, self.visual_style))
        self._bars.clear()
        self.refresh()

    def _pin(self, top: int, total: int) -> None:
        self._pinning = True
        try:
            size = Size(self.scrollable_content_region.width, total)
            if size != self.virtual_size:
                # As a reactive it would lay out the whole screen; nothing but the scrollbar depends on it here.
                self.set_reactive(cast("Reactive[Size]", Widget.virtual_size), size)
                self._scroll_update(size)
            self.set_reactive(cast("Reactive[float]", Widget.scroll_target_y), float(top))
            self.scroll_y = float(top)
        finally:
            self._pinning = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._pinning or not self.picture.items or self.picture.renderer is None:
            return
        delta = round(new_value) - round(old_value)
        at_end = new_value >= self.max_scroll_y
        self._set_follow(at_end)
        if not at_end:
            if abs(delta) <= _NEAR * self._height:
                self.picture.walk(delta)
            else:
                self.picture.place = self.picture.heights.locate(round(new_value))
        self._settle()

    def scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        *,
        animate: bool = True,
        speed: float | None = None,
        duration: float | None = None,
        easing: EasingFunction | str | None = None,
        force: bool = False,
        on_complete: CallbackType | None = None,
        level: AnimationLevel = "basic",
        immediate: bool = False,
    ) -> None:
        """Scroll at once: an animation would aim at a row whose place changes while entries are measured."""
        super().scroll_to(x, y, animate=False, force=force, on_complete=on_complete, level=level, immediate=immediate)

    def on_resize(self, event: events.Resize) -> None:
        self._settle()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._bars.clear()
        if self.picture.renderer is None:
            return
        look = (self.visual_style, self.host.current_theme)
        if look != self._look:
            self._look = look
            self._redraw(force=True)

    # --- painting ------------------------------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        found = self.picture.row(y) if self.picture.renderer is not None else None
        if found is None:
            return Strip.blank(self.size.width, self.rich_style)
        index, within, row = found
        strip = row.strip
        if spans := self.match_spans(row.text):
            strip = paint(strip, row.text, spans, self.get_component_rich_style("transcript--match"))
        if (selection := self.text_selection) is not None and (span := selection.get_span(y)) is not None:
            start, end = span
            style = self.screen.get_component_rich_style("screen--selection")
            strip = paint(strip, row.text, [(start, len(row.text) if end == -1 else end)], style)
        last = within == self.picture.heights.get(index) - 1
        return Strip.join([self._bar(index, last), strip.apply_offsets(0, y)])

    def match_spans(self, text: str) -> Spans:
        """Character spans of a row that are to be marked."""
        return []

    def _bar(self, index: int, last: bool) -> Strip:
        """The gutter of one row: a bar in the role's colour, none on the empty row between entries."""
        glyph = " " if last else "┃" if index == self._cursor else "▎"
        colour = "$accent bold" if index == self._cursor else COLOURS[self.picture.items[index].entry.role]
        bar = self._bars.get((glyph, colour))
        if bar is None and self.picture.renderer is not None:
            bar = self.picture.renderer.line(Content.styled(glyph + " ", colour), pad=False)
            self._bars[(glyph, colour)] = bar
        return bar or Strip.blank(GUTTER, self.rich_style)
