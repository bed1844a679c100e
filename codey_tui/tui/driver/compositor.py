"""Paints of a screen only what changed. It builds on private parts of Textual 8.2.8, which is pinned.

For a partial update Textual renders every widget inside the smallest rectangle around all changes, in all its rows: where a line at
the top and one at the bottom change together, that is the whole screen. A token of a slow model changes three rows of one pane and a
figure in another; the processor that this takes is the model's.
"""

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class FrugalCompositor(Compositor):
    """Renders, for a partial update, the changed rows of the widgets that lie under a change."""

    def __init__(self) -> None:
        super().__init__()
        self._changed: tuple[Region, ...] = ()

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last update, or None."""
        self._changed = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._changed = ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if not self._changed:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            parts = [part for part in map(shown.intersection, self._changed) if part]
            if parts:
                top, bottom = min(part.y for part in parts), max(part.bottom for part in parts)
                rows = Region(shown.x, top, shown.width, bottom - top)
                yield region, rows, widget.render_lines(rows.translate(-region.offset))
