"""A line of fixed height that is painted only when its text changed, and the colours of a segment's role."""

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from codey_tui.tui.cleaning import one_line
from codey_tui.tui.meters import Segment

STYLES = {
    "plain": "$foreground",
    "dim": "$text-muted",
    "strong": "bold $foreground",
    "good": "$text-success",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    "bar": "$primary",
    "rest": "$border-blurred",
}


def content_of(segments: Iterable[Segment]) -> Content:
    """Segments as styled content."""
    return Content.assemble(*((one_line(text), STYLES[role]) for text, role in segments))


class OneLine(Static):
    """One row of segments."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id)
        self._shown: tuple[Segment, ...] = ()

    @property
    def room(self) -> int:
        """Cells that a text may take."""
        return max(10, self.size.width or self.screen.size.width - 2)

    def show(self, segments: Iterable[Segment]) -> None:
        """Paint segments, unless they are the ones that stand there."""
        wanted = tuple(segments)
        if wanted != self._shown:
            self._shown = wanted
            self.update(content_of(wanted), layout=False)
