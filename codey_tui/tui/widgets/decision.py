"""What the plan and the action panel share: a question that ignores keys at first, and a field for a reason."""

import time
from collections.abc import Callable

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

GRACE = 0.5
"""Seconds in which a question that just appeared ignores keys."""


class DecisionPanel(VerticalScroll, can_focus=True):
    """A panel that asks and takes an answer by single keys. Subclasses paint, and post their own answer."""

    class Answered(Message):
        """The panel has its answer; the focus may go back to the prompt."""

    def __init__(self, *, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._armed_at = float("inf")
        self.body = Static("", classes="body")
        self.keys = Static("", classes="keys")
        self.reason = Input(placeholder="Why? Enter sends it, an empty line goes back", classes="reason")

    def compose(self) -> ComposeResult:
        """The question, the field for a reason, and the keys that answer."""
        yield self.body
        yield self.reason
        yield self.keys

    def on_mount(self) -> None:
        """Without a question there is nothing to type a reason for."""
        self.reason.display = False

    def arm(self) -> None:
        """A new question stands here: keys count after the grace time."""
        self._armed_at = self._clock() + GRACE
        self.reason.display = False
        self.scroll_home(animate=False)

    def disarm(self) -> None:
        """No question stands here."""
        self._armed_at = float("inf")
        self.reason.display = False

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

    def reject(self, reason: str) -> None:
        """Say no."""
        raise NotImplementedError

    def answered(self) -> None:
        """An answer was given: no second one."""
        self.disarm()
        self.post_message(self.Answered())


def key_row(*pairs: tuple[str, str, str]) -> Content:
    """The keys that answer: (key, what it does, the action that a click runs)."""
    parts: list[Content] = []
    for key, word, action in pairs:
        part = Content.assemble((f" {key} ", "bold $primary on $panel"), (f" {word}", "$foreground"))
        parts.append(part.stylize(f"@click={action}") if action else part)
    return Content("   ").join(parts)
