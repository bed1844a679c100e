"""The review of a change: every part of its diff on the whole screen, each accepted or rejected by itself."""

from pathlib import Path

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from codey_tui.protocol.actions import Preview, Verdict
from codey_tui.tui.cleaning import clean
from codey_tui.tui.screens.modal import Modal
from codey_tui.tui.telling import counted
from codey_tui.tui.widgets.diff_lines import header, side_by_side, unified

WIDE = 120
"""Cells from which on the old and the new text stand side by side."""


class Reviewed(msgspec.Struct, frozen=True):
    """The answer: which parts were accepted (none named: all), and why others were not."""

    verdict: Verdict
    hunks: tuple[int, ...] = ()
    reason: str = ""


class ReviewScreen(Modal[Reviewed | None]):
    """Arrow keys go from part to part, space takes one in or out, `y` applies what is taken in."""

    CSS_PATH = Path(__file__).with_name("review.tcss")
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("down,j,right,tab", "move(1)", "Next part", show=False, id="review.next"),
        Binding("up,k,left,shift+tab", "move(-1)", "Part before", show=False, id="review.previous"),
        Binding("space,x", "turn", "Take in or out", show=False, id="review.toggle"),
        Binding("y,enter", "apply", "Apply", show=False, id="review.apply"),
        Binding("n", "reject", "Reject all", show=False, id="review.reject"),
        Binding("e", "explain", "Say why", show=False, id="review.explain"),
        Binding("escape,q,ctrl+q,ctrl+g", "leave", "Back", show=False, id="review.back"),
    ]

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview
        self.taken = [True] * len(preview.hunks)
        self.at = 0
        self._parts = [Static("", classes="part") for _ in preview.hunks]

    def compose(self) -> ComposeResult:
        """The parts below each other, and the keys."""
        with Vertical(classes="window") as window:
            window.border_title = Content(clean(self.preview.title))
            with VerticalScroll(can_focus=False):
                yield from self._parts
            yield Input(placeholder="Why are these parts rejected? Enter sends it", classes="reason")
            yield Static("", classes="keys")

    def on_mount(self) -> None:
        """The first part is the present one."""
        self.query_one(Input).display = False

    def on_resize(self, event: events.Resize) -> None:
        """The width decides the form."""
        self._paint()

    def _paint(self) -> None:
        for index in range(len(self._parts)):
            self._paint_part(index)
        self._paint_keys()

    def _paint_part(self, index: int) -> None:
        hunk, path = self.preview.hunks[index], self.preview.path
        room = self.app.size.width - 6  # pyright: ignore[reportUnknownMemberType]
        taken = self.taken[index]
        mark = Content.assemble(
            ("▶ " if index == self.at else "  ", "$primary"),
            ("[x] " if taken else "[ ] ", "bold $text-success" if taken else "bold $text-error"),
            (header(hunk), "$text-accent"),
            ("" if taken else "  rejected", "$text-error"),
        )
        body = side_by_side(hunk, path, room) if room + 6 >= WIDE else unified(hunk, path)
        self._parts[index].update(Content("\n").join([mark, body]))
        self._parts[index].set_class(index == self.at, "-present")
        self._parts[index].set_class(not taken, "-out")

    def _paint_keys(self) -> None:
        count = sum(self.taken)
        said = f"{count} of {counted(len(self.taken), 'part')} taken in"
        keys = "↑↓ part · space in/out · y apply · n reject all · e apply, say why not the rest · q back"
        self.query_one(".keys", Static).update(Content.assemble((said, "bold"), "  ", (keys, "$text-muted")))

    def action_move(self, by: int) -> None:
        """To another part."""
        before, self.at = self.at, max(0, min(len(self._parts) - 1, self.at + by))
        self._paint_part(before)
        self._paint_part(self.at)
        self._parts[self.at].scroll_visible(animate=False, top=True)

    def action_turn(self) -> None:
        """Take the present part in or out."""
        self.taken[self.at] = not self.taken[self.at]
        self._paint_part(self.at)
        self._paint_keys()

    def action_apply(self) -> None:
        """Apply what is taken in."""
        self._answer("")

    def action_reject(self) -> None:
        """Apply nothing."""
        self.dismiss(Reviewed("reject"))

    def action_explain(self) -> None:
        """Open the line for a reason."""
        box = self.query_one(Input)
        box.display = True
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A reason answers; an empty one goes back to the parts."""
        event.stop()
        event.input.display = False
        self.set_focus(None)
        if event.value.strip():
            self._answer(event.value.strip())

    def action_leave(self) -> None:
        """Decide nothing here."""
        self.dismiss(None)

    def _answer(self, reason: str) -> None:
        chosen = tuple(index for index, taken in enumerate(self.taken) if taken)
        if not chosen:
            self.dismiss(Reviewed("reject", (), reason))
        else:
            self.dismiss(Reviewed("allow", () if all(self.taken) else chosen, "" if all(self.taken) else reason))
