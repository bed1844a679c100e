"""One message in full, as Textual draws Markdown; imported when it is first asked for, since the widget is slow to load."""

import re
from pathlib import Path
from typing import Any, cast

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown

from codey_tui.tui.screens.modal import Modal
from codey_tui.tui.widgets.transcript.entry import TITLES, Entry
from codey_tui.tui.widgets.transcript.text import clean

_TICKS = re.compile(r"`+")


class MessageScreen(Modal[None]):
    """Scrolls; the usual keys go back, `c` copies the raw text."""

    CSS_PATH = Path(__file__).with_name("message.tcss")
    BINDINGS = [
        Binding("escape,ctrl+q,q,ctrl+g,enter", "leave", "Back", show=False, id="message.back"),
        Binding("c,y", "copy", "Copy", show=False, id="message.copy"),
    ]

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry

    def compose(self) -> ComposeResult:
        """The message in a window that takes the focus, so that arrow keys scroll it."""
        with VerticalScroll(classes="window") as window:
            window.border_title = Content(clean(self.entry.title) or TITLES[self.entry.role])
            window.border_subtitle = "↑ ↓ scroll · c copies · q goes back"
            yield Markdown(as_markdown(self.entry), open_links=False)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """The raw text to the clipboard."""
        app = cast("App[Any]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.copy_to_clipboard(self.entry.text)
        self.notify(f"Copied {len(self.entry.text):,} characters.", timeout=2)


def as_markdown(entry: Entry) -> str:
    """The entry's text as Markdown, without control characters: a tool's output and a file become code blocks."""
    text = "\n".join(clean(line) for line in entry.text.split("\n"))
    if entry.role not in ("tool", "file") or text.startswith(("```", "~~~")):
        return text
    longest = max((len(match[0]) for match in _TICKS.finditer(text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = entry.title.rpartition(".")[2] if entry.role == "file" and "." in entry.title else ""
    return f"{fence}{language}\n{text}\n{fence}"
