"""The prompt: several lines, history, and proposals for @files and /commands."""

import time
from collections.abc import Callable, Sequence

from textual import events
from textual.actions import SkipAction
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from codey_tui.tui.cleaning import clean, one_line
from codey_tui.tui.commands import bindings_of
from codey_tui.tui.completion import SHOWN, Proposals, propose, wants_files
from codey_tui.tui.history import History


class Completions(Static):
    """The proposals above the prompt, with one marked."""

    def __init__(self) -> None:
        super().__init__("", id="completions")
        self.proposals = Proposals()
        self.marked = 0
        self.display = False

    def show(self, proposals: Proposals) -> None:
        """Show proposals, the first one marked; none hides the list."""
        self.proposals, self.marked = proposals, 0
        self.display = bool(proposals.items)
        self._paint()

    def move(self, step: int) -> None:
        """Mark the next or the previous proposal, around the ends."""
        self.marked = (self.marked + step) % len(self.proposals.items)
        self._paint()

    def _paint(self) -> None:
        items = self.proposals.items
        first = min(max(0, self.marked - SHOWN + 1), max(0, len(items) - SHOWN))
        rows: list[Content] = []
        for index in range(first, min(first + SHOWN, len(items))):
            item, marked = items[index], index == self.marked
            style = "bold $primary" if marked else "$foreground"
            rows.append(
                Content.assemble(
                    ("▸ " if marked else "  ", "$primary"),
                    (one_line(item.text), style),
                    (f"  {one_line(item.detail)}", "$text-muted"),
                )
            )
        self.update(Content("\n").join(rows))


class Prompt(TextArea):
    """Where a person types. Enter sends, ctrl+j begins a new line."""

    BINDINGS = list(bindings_of("prompt"))

    class Sent(Message):
        """A prompt was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class EmptySent(Message):
        """Enter was pressed with nothing typed."""

    class FilesWanted(Message):
        """Proposals of files are about to be shown; whoever knows the files calls `offer_files`."""

    def __init__(self, history: History, completions: Completions, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            id="prompt",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Ask for something: Create Fibonacci function",
            tab_behavior="focus",
        )
        self.cursor_blink = False
        self.last_key = float("-inf")
        self._queued = 0
        self._history = history
        self._completions = completions
        self._clock = clock
        self._files: Sequence[str] = ()
        self._recalled = ""

    def offer_files(self, files: Sequence[str]) -> None:
        """The files that can be named with @."""
        self._files = files
        self._propose()

    def show_queue(self, waiting: int) -> None:
        """Say how many prompts wait for the running turn."""
        if waiting != self._queued:  # a border is painted anew whenever its text is set
            self._queued = waiting
            self.border_subtitle = f"{waiting} queued" if waiting else ""

    async def on_key(self, event: events.Key) -> None:
        """Remember when a key was pressed: what asks a question waits for a pause. The prompt's own keys act here, in
        their order among the letters: as bindings they would overtake what was typed or pasted just before them."""
        self.last_key = self._clock()
        active = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if active is not None and active.node is self and await self.app.run_action(active.binding.action, self):  # pyright: ignore[reportUnknownMemberType]
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste counts as typing, and brings text alone."""
        event.text = clean(event.text)
        self.last_key = self._clock()

    def on_text_area_changed(self) -> None:
        """Follow what is typed with proposals."""
        self._propose()

    def _propose(self) -> None:
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        if self.text == self._recalled and self.text:
            self._completions.show(Proposals())  # a prompt from the history is not being typed
            return
        if wants_files(before) and not self._files:
            self.post_message(self.FilesWanted())
        self._completions.show(propose(before, row == 0, self._files))

    def action_send(self) -> None:
        """Send the text, or take the marked command where one is being typed."""
        self.last_key = float("-inf")
        items = self._completions.proposals.items
        if self._completions.display and items[self._completions.marked].text != self.text.strip():
            self._take()
            if not self.text.startswith("/"):
                return
        text = self.text.strip()
        if not text:
            self.post_message(self.EmptySent())
            return
        self._remember(text)
        self._completions.show(Proposals())
        self.clear()
        self.post_message(self.Sent(text))

    def put_away(self) -> bool:
        """Empty the prompt into the history, so that nothing typed is lost; False where nothing is typed."""
        text = self.text.strip()
        if not text:
            return False
        self._remember(text)
        self._completions.show(Proposals())
        self.clear()
        return True

    def _remember(self, text: str) -> None:
        """Into the history; say once where that is not kept."""
        before = self._history.problem
        self._history.add(text)
        if (problem := self._history.problem) and problem != before:
            self.notify(problem, severity="warning", markup=False, timeout=8)

    def action_newline(self) -> None:
        """Begin a new line."""
        self.last_key = self._clock()
        self.insert("\n")

    def action_complete(self) -> None:
        """Take the marked proposal; without one, the key goes on to the next widget."""
        if not self._completions.display:
            raise SkipAction()
        self._take()

    def action_earlier(self) -> None:
        """Up: in the proposals, in the text, at its first line in the history."""
        if self._completions.display:
            self._completions.move(-1)
        elif self.cursor_location[0] > 0:
            self.action_cursor_up()
        else:
            self._recall(self._history.earlier(self.text))

    def action_later(self) -> None:
        """Down: in the proposals, in the text, at its last line in the history."""
        if self._completions.display:
            self._completions.move(1)
        elif self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        else:
            self._recall(self._history.later())

    def _take(self) -> None:
        proposals = self._completions.proposals
        row, column = self.cursor_location
        text = proposals.items[self._completions.marked].text
        self.replace(text + " ", (row, proposals.start), (row, column))
        self.move_cursor((row, proposals.start + len(text) + 1))
        self._completions.show(Proposals())

    def _recall(self, text: str | None) -> None:
        if text is not None:
            text = clean(text)
            self._recalled = text
            self.text = text
            self.move_cursor(self.document.end)
