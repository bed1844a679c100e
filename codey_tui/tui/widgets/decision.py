"""What the plan and the action panel share: a question that ignores keys at first, and a field for a reason."""

import time
from collections.abc import Callable

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input, Static

Key = tuple[str, str, str]
GRACE = 0.5
"""Seconds in which a question that just appeared ignores keys."""


class DecisionPanel(VerticalScroll, can_focus=True):
    """A panel that asks and takes an answer by single keys. Subclasses paint, and post their own answer."""

    class Answered(Message):
        """The panel has its answer; the focus may go back to the prompt."""

    class CommandBegun(Message):
        """A slash was typed here: a command is meant, for the prompt."""

    def __init__(self, *, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._armed_at = float("inf")
        self.painting = False
        self.body = Body()
        self._where = ""
        self._title = ""
        self.keys = Keys()
        self.reason = Input(placeholder="Why? Enter sends it, an empty line goes back", classes="reason")

    def on_key(self, event: events.Key) -> None:
        """A slash goes to the prompt, and what follows it at once is no answer."""
        if event.character == "/" and not self.reason.has_focus:
            event.stop()
            if self.asks:
                self._armed_at = self._clock() + GRACE
            self.post_message(self.CommandBegun())

    def compose(self) -> ComposeResult:
        """The question, the field for a reason, and the keys that answer."""
        yield self.body
        with Vertical(classes="answer"):
            yield self.reason
            yield self.keys

    def on_mount(self) -> None:
        """Without a question there is nothing to type a reason for."""
        self.reason.display = False
        self.painting = True
        self.paint()

    def arm(self) -> None:
        """A new question stands here: keys count after the grace time."""
        self._armed_at = self._clock() + GRACE
        self.reason.display = False
        self.scroll_home(animate=False)
        self.say_where()
        self.paint()

    def disarm(self) -> None:
        """No question stands here."""
        self._armed_at = float("inf")
        self.reason.display = False
        self.say_where()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Say how to get here where keys go elsewhere."""
        super().watch_has_focus(has_focus)
        self.say_where()

    def on_descendant_focus(self) -> None:
        """The field for a reason is part of the question."""
        self.say_where()

    def on_descendant_blur(self) -> None:
        """Left, perhaps for the question itself."""
        self.say_where()

    def say_where(self) -> None:
        """A question that has not got the keys says how it gets them."""
        here = self.has_focus or self.reason.has_focus
        where = "" if here or not self.asks else "ctrl+t to answer"
        if where != self._where:  # a border is painted anew whenever its text is set
            self._where = self.border_subtitle = where

    def say_what(self, title: str) -> None:
        """The title in the border."""
        if title != self._title:
            self._title = self.border_title = title

    @property
    def ready(self) -> bool:
        """Whether keys answer now."""
        return self._clock() >= self._armed_at

    @property
    def asks(self) -> bool:
        """Whether a question stands here."""
        return self._armed_at != float("inf")

    def need_answer_time(self) -> None:
        """Refuse a key that cannot be an answer yet; without a question the key goes on."""
        if not self.asks:
            raise SkipAction()

    def action_explain(self) -> None:
        """Open the field for a reason."""
        self.need_answer_time()
        if self.ready:
            self.reason.display = True
            self.reason.value = ""
            self.reason.focus()
            self.reason.scroll_visible(animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A reason rejects; an empty one goes back to the question."""
        event.stop()
        self.reason.display = False
        self.focus()
        if event.value.strip():
            self.reject(event.value.strip())

    def paint(self) -> None:
        """Paint the present state, once there is a place for it."""
        if self.painting:
            self.set_class(self.asks, "-waits")
            self.paint_question()

    def paint_question(self) -> None:
        """Paint the question, if one stands here, and the keys."""
        raise NotImplementedError

    def action_reject(self) -> None:
        """Say no without a reason."""
        self.need_answer_time()
        if self.ready:
            self.reject("")

    def reject(self, reason: str) -> None:
        """Say no."""
        raise NotImplementedError

    def answered(self) -> None:
        """An answer was given: no second one."""
        self.disarm()
        self.post_message(self.Answered())
        self.paint()


class Body(Static):
    """The text of a question. What stands there already is not painted again, and the screen is laid out anew only where the text
    takes more rows or fewer: it changes with every token."""

    def __init__(self) -> None:
        super().__init__("", classes="body")
        self._shown = Content("")
        self._rows = 0

    def show(self, content: Content) -> None:
        """Show a text."""
        if content.is_same(self._shown):
            return
        self._shown = content
        rows, before = self._height(content), self._rows
        self._rows = rows
        self.update(content, layout=self._was_laid_out and (not rows or rows != before))

    @property
    def _was_laid_out(self) -> bool:
        """Whether there is a layout that a new text could make wrong: a panel never shown has none, and the screen's does not depend on
        it."""
        return bool(self.size.width or (isinstance(self.parent, Widget) and self.parent.size.width))

    def on_resize(self) -> None:
        """Another width breaks other lines."""
        self._rows = self._height(self._shown)

    def _height(self, content: Content) -> int:
        """Rows that it takes; 0 where a line has to be broken, so that only a layout can tell."""
        lines = content.split("\n", allow_blank=True)
        return len(lines) if all(line.cell_length <= self.size.width for line in lines) else 0


class Keys(Static):
    """The keys that answer, as many to a row as fit; a click on one presses it."""

    auto_links = Reactive(False)

    def __init__(self) -> None:
        super().__init__("", classes="keys")
        self._pairs: tuple[Key, ...] = ()

    def show(self, *pairs: Key) -> None:
        """Each key, what it does, and the panel's action behind it."""
        self._pairs = pairs
        self._pack()

    def on_resize(self) -> None:
        """Another width packs them anew."""
        self._pack()

    def _pack(self) -> None:
        room = self.size.width or 36
        rows: list[list[Content]] = [[]]
        used = 0
        for key, word, action in self._pairs:
            part = Content.assemble((f" {key} ", "bold $primary on $panel"), (f" {word}", "$foreground"))
            length = part.cell_length + 2
            if rows[-1] and used + length - 2 > room:
                rows.append([])
                used = 0
            used += length
            rows[-1].append(part.stylize(f"@click=press('{action}')"))
        self.update(Content("\n").join(Content("  ").join(row) for row in rows))

    def action_press(self, name: str) -> None:
        """A key was clicked."""
        panel = next(node for node in self.ancestors if isinstance(node, DecisionPanel))
        panel.focus()
        getattr(panel, f"action_{name}")()
