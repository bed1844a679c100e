"""The tabs of a narrow screen; a mark says where something waits."""

from typing import Literal

from textual.content import Content
from textual.reactive import Reactive
from textual.widgets import Static

Pane = Literal["chat", "files", "plan", "action"]
PANES: tuple[Pane, ...] = ("chat", "files", "plan", "action")
_TITLES = {"chat": "Chat", "files": "Files", "plan": "Plan", "action": "Action"}


class TabBar(Static):
    """One row of tabs; a click or ctrl+t changes them."""

    auto_links = Reactive(False)

    def __init__(self, *, id: str) -> None:
        super().__init__("", id=id)
        self._shown: tuple[Pane, frozenset[Pane]] | None = None

    def show(self, pane: Pane, waiting: frozenset[Pane]) -> None:
        """Mark the open tab and the ones where something waits, unless it stands there."""
        if self._shown == (pane, waiting):
            return
        self._shown = (pane, waiting)
        parts: list[Content] = []
        for name in PANES:
            mark = "●" if name in waiting else ""
            style = "bold $background on $primary" if name == pane else "$text-warning" if mark else "$text-muted"
            parts.append(Content.styled(f" {_TITLES[name]}{mark} ", style).stylize(f"@click=screen.pane('{name}')"))
        self.update(Content(" ").join(parts), layout=False)
