"""A list over the workbench from which one thing is chosen: a theme, a mode, a model, a session, a way to quit."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from codey_tui.tui.cleaning import clean, one_line
from codey_tui.tui.screens.modal import Modal


class Row(msgspec.Struct, frozen=True):
    """One thing that can be chosen; `key` is a single key that chooses it at once."""

    id: str
    label: str
    detail: str = ""
    key: str = ""


def row_content(row: Row, *, chosen: bool, detail: bool = True) -> Content:
    """A row as it is drawn, marked where it is the present one; without its second line where that is another's."""
    mark = ("● ", "$primary") if chosen else ("  ", "")
    key = (f" {row.key} ", "bold $primary on $panel") if row.key else ("", "")
    gap = " " if row.key else ""
    head = Content.assemble(mark, key, gap, (one_line(row.label), "bold"))
    if not row.detail or not detail:
        return head
    return Content("\n").join([head, Content.styled(f"  {one_line(row.detail)}", "$text-muted")])


class Choice(Modal[str | None]):
    """Shows rows and returns the id of the chosen one, or None."""

    BINDINGS = [
        Binding("escape,ctrl+q,q", "leave", "Back", show=False, id="choice.back"),
    ]

    def __init__(
        self,
        title: str,
        rows: Sequence[Row],
        *,
        chosen: str = "",
        empty: str = "Nothing here.",
        text: str = "",
        keys: str = "enter chooses · q goes back",
    ) -> None:
        super().__init__()
        self._title = title
        self._rows = rows
        self._chosen = chosen
        self._empty = empty
        self._text = text
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The list, or a sentence where it is empty."""
        with Vertical(classes="window") as window:
            window.border_title = Content(one_line(self._title))
            window.border_subtitle = self._keys
            if self._text:
                yield Static(Content(clean(self._text)), classes="text")
            if self._rows:
                yield OptionList(*self._options())
            else:
                yield Static(Content(clean(self._empty)), classes="empty")

    def on_mount(self) -> None:
        """Mark the present one."""
        if self._rows:
            ids = [row.id for row in self._rows]
            options = self.query_one(OptionList)
            options.highlighted = ids.index(self._chosen) if self._chosen in ids else 0
            options.focus()

    def _options(self) -> list[Option]:
        return [
            Option(row_content(row, chosen=row.id == self._chosen), id=f"row{n}") for n, row in enumerate(self._rows)
        ]

    def marked(self) -> Row | None:
        """The row that is marked."""
        at = self.query_one(OptionList).highlighted if self._rows else None
        return None if at is None else self._rows[at]

    def keep(self, rows: Sequence[Row]) -> None:
        """Show these of the rows only; the mark stays near its place."""
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        self._rows = rows
        options.set_options(self._options())
        options.highlighted = min(at, len(rows) - 1) if rows else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chosen by enter or a click."""
        event.stop()
        self.dismiss(self._rows[event.option_index].id)

    def on_key(self, event: object) -> None:
        """Chosen by its key."""
        key = getattr(event, "key", "")
        for row in self._rows:
            if row.key and row.key == key:
                self.dismiss(row.id)
                return

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


def ask_first(over: Screen[Any], question: Choice, then: Callable[[], object]) -> None:
    """Put a question over a window, and do something where the row `yes` is chosen."""

    def answered(answer: str | None) -> None:
        if answer == "yes":
            then()

    over.app.push_screen(question, answered)  # pyright: ignore[reportUnknownMemberType]
