"""The transcript as readers use it: select a message by key, copy it or its code, search, select text by mouse."""

from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.selection import Selection

from codey_tui.tui.widgets.transcript.entry import Entry
from codey_tui.tui.widgets.transcript.marks import Search, Spans
from codey_tui.tui.widgets.transcript.surface import Surface

_CONTEXT = 3  # rows kept in sight above what was jumped to


class Transcript(Surface, can_focus=True):
    """See `Surface` for the content: load, upsert, append, clear, entry_text, following, jump_to_end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", "Previous message", id="transcript.previous", show=False),
        Binding("down,j", "select(1)", "Next message", id="transcript.next", show=False),
        Binding("pageup,b", "page_up", "Page up", id="transcript.page_up", show=False),
        Binding("pagedown,space", "page_down", "Page down", id="transcript.page_down", show=False),
        Binding("home,g", "scroll_home", "First message", id="transcript.home", show=False),
        Binding("end,G", "jump_to_end", "Jump to end", id="transcript.end"),
        Binding("c,y", "copy_message", "Copy message", id="transcript.copy"),
        Binding("x", "copy_code", "Copy code", id="transcript.copy_code"),
        Binding("enter", "open_message", "Read message", id="transcript.open"),
        Binding("n", "match(1)", "Next match", id="transcript.next_match", show=False),
        Binding("N,p", "match(-1)", "Previous match", id="transcript.previous_match", show=False),
    ]

    class Copied(Message):
        """Text went to the clipboard. `what` is one of message, code, selection."""

        def __init__(self, what: Literal["message", "code", "selection"], text: str) -> None:
            self.what = what
            self.text = text
            super().__init__()

    class Opened(Message):
        """The reader wants to see one entry in full."""

        def __init__(self, entry: Entry) -> None:
            self.entry = entry
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._search = Search()
        self._needle = ""

    # --- the selected message ------------------------------------------------------------------------------------
    @property
    def selected(self) -> Entry | None:
        """The entry under the cursor."""
        items = self.picture.items
        return items[self._cursor].entry if 0 <= self._cursor < len(items) else None

    def action_select(self, direction: int) -> None:
        """Move the cursor; from nowhere it goes to the last entry on the screen. Long entries scroll first."""
        items = self.picture.items
        if not items or self._scrolled_within(direction):
            return
        if self._cursor < 0:
            self.select_entry(len(items) - 1 if self.following else self.picture.place.item)
        else:
            self.select_entry(max(0, min(len(items) - 1, self._cursor + direction)))

    def select_entry(self, index: int) -> None:
        """Put the cursor on an entry and bring it into sight with as little scrolling as it takes. Of one that is taller
        than the screen, what is nearest to what was shown is shown."""
        self._cursor = index
        height = self.picture.measure(index)
        top = self.picture.heights.top(index)
        end = top + height
        y = self.scroll_offset.y
        bottom = y + self._height
        low, high = end - self._height, top
        if height > self._height and top < bottom and end > y:
            pass  # a part of it is on the screen, and the rest comes with the next key
        elif top < y:
            self.show_row(index, (low if height > self._height else high) - top)
        elif end > bottom:
            self.show_row(index, (high if height > self._height else low) - top)
        self.refresh()

    def deselect(self) -> None:
        """Take the cursor away."""
        self._cursor = -1
        self.refresh()

    def show_row(self, index: int, row: int) -> None:
        """Scroll so that a row of an entry (negative: rows above it) is at the top, as far as there is text below."""
        self.picture.measure(index)
        self.scroll_to(y=self.picture.heights.top(index) + row, immediate=True)

    def _scrolled_within(self, direction: int) -> bool:
        """An entry taller than the screen is read to its end before the cursor leaves it."""
        if self._cursor < 0:
            return False
        top = self.picture.heights.top(self._cursor)
        end = top + self.picture.measure(self._cursor)
        y = self.scroll_offset.y
        over = end - (y + self._height) if direction > 0 else y - top
        if end - top <= self._height or over <= 0:
            return False
        self.scroll_to(y=y + direction * min(over, max(1, self._height - 2)), immediate=True)
        return True

    # --- copying -------------------------------------------------------------------------------------------------
    def action_copy_message(self) -> None:
        """The selected text if there is some, else the selected message, else the last one."""
        if self.text_selection is not None and (text := self.screen.get_selected_text()):
            self._copy("selection", text)
        elif self.picture.items:
            self._copy("message", (self.selected or self.picture.items[-1].entry).text)

    def action_copy_code(self) -> None:
        """The last code block of the selected message, or of the last message that has one."""
        items = self.picture.items
        candidates = [items[self._cursor]] if self.selected is not None else reversed(items)
        for item in candidates:
            if "```" in item.entry.text or "~~~" in item.entry.text or item.entry.role == "file":
                blocks = item.code_blocks()
                if blocks:
                    self._copy("code", blocks[-1])
                    return

    def _copy(self, what: Literal["message", "code", "selection"], text: str) -> None:
        self.host.copy_to_clipboard(text)
        self.post_message(self.Copied(what, text))

    def action_open_message(self) -> None:
        entry = self.selected or (self.picture.items[-1].entry if self.picture.items else None)
        if entry is not None:
            self.post_message(self.Opened(entry))

    def action_jump_to_end(self) -> None:
        self.deselect()
        self.jump_to_end()

    # --- selection with the mouse --------------------------------------------------------------------------------
    @property
    def allow_select(self) -> bool:
        return True

    @property
    def selected_text(self) -> str:
        """What the mouse selected, with wrapped lines joined again; empty without a selection."""
        selection = self.text_selection
        if selection is None:
            return ""
        found = self.get_selection(selection)
        return found[0] if found is not None else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        picture = self.picture
        if selection.start is None and selection.end is None:
            return "\n\n".join(item.entry.text for item in picture.items), "\n"
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else picture.heights.total - 1
        pieces: list[str] = []
        for y in range(first, last + 1):
            found = picture.row(y)
            span = selection.get_span(y)
            if found is None or span is None:
                continue
            text = found[2].text[span[0] : None if span[1] == -1 else span[1]].rstrip()
            pieces.append(text + (found[2].joint if y < last else ""))
        return "".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    # --- search --------------------------------------------------------------------------------------------------
    def search(self, needle: str) -> int:
        """Mark all matches, case-insensitively, and go to the nearest at or above the screen's end. Returns how many
        there are; an empty needle ends the search."""
        self._needle = needle
        count = self._search.run(needle, [item.entry.text for item in self.picture.items])
        if count:
            self.next_match(-1 if self.following else 1)
        self.refresh()
        return count

    def next_match(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) match, around the ends."""
        if not self.picture.items:
            return
        if self._search.texts_changed(len(self.picture.items)):
            at = self._search.at
            self._search.run(self._needle, [item.entry.text for item in self.picture.items])
            self._search.at = min(at, len(self._search.hits) - 1)
        near = len(self.picture.items) if self.following and direction < 0 else self.picture.place.item
        hit = self._search.step(direction, near)
        if hit is None:
            return
        index, number = hit
        rows = [row for row, drawn in enumerate(self.picture.rows(index)) for _ in self._search.spans(drawn.text)]
        row = rows[min(number, len(rows) - 1)] if rows else 0
        y = self.picture.heights.top(index) + row
        self._cursor = index
        if not self.scroll_offset.y <= y < self.scroll_offset.y + self._height - 1:
            self.show_row(index, row - _CONTEXT)
        self.refresh()

    def action_match(self, direction: int) -> None:
        self.next_match(direction)

    def match_spans(self, text: str) -> Spans:
        return self._search.spans(text)
