"""The cost panel: a prompt that takes long to read, what could be left out of it, and the keys that answer."""

import time
from collections.abc import Callable

from textual.content import Content
from textual.message import Message

from codey_tui.tui.commands import bindings_of
from codey_tui.tui.state import CostView
from codey_tui.tui.telling import cost_text, counted, duration
from codey_tui.tui.widgets.decision import DecisionPanel, Key

_SEND: Key = ("y", "send", "send")
_LEAVE: Key = ("d", "leave out", "leave_out")
_CANCEL: Key = ("n", "do not send", "reject")


class CostPanel(DecisionPanel):
    """Asks before a long prompt is read; it is not on the screen at any other time."""

    BINDINGS = list(bindings_of("cost"))

    class Decided(Message):
        """A person decided: whether to send it, and without which parts."""

        def __init__(self, question_id: str, send: bool, leave_out: tuple[str, ...]) -> None:
            super().__init__()
            self.question_id = question_id
            self.send = send
            self.leave_out = leave_out

    def __init__(self, *, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id, clock=clock)
        self.border_title = "A long prompt"
        self.cost: CostView | None = None
        self.left_out: set[str] = set()
        self.marked = 0

    def show(self, cost: CostView | None) -> None:
        """Show a question, or none."""
        if cost is self.cost:
            return
        if cost is None or self.cost is None or cost.id != self.cost.id:
            self.left_out, self.marked = set(), 0
            self.disarm()
        self.cost = cost
        self.paint()

    def paint_question(self) -> None:
        """Paint what it costs, the parts and the keys."""
        cost = self.cost
        self.keys.display = self.asks and cost is not None
        if cost is None:
            self.body.show(Content(""))
            return
        left = self._left(cost)
        rows = [Content(cost_text(left, cost.cached, cost.seconds * left / max(1, cost.new)))]
        if cost.parts:
            rows += [Content(""), Content.styled("It could do without:", "$text-muted")]
        rows += [self._row(cost, index) for index in range(len(cost.parts))]
        self.body.show(Content("\n").join(rows))
        self.keys.show(_SEND, *([_LEAVE] if cost.parts else []), _CANCEL)

    def _left(self, cost: CostView) -> int:
        """About how many tokens are to be read without what is left out."""
        return max(1, cost.new - sum(part.tokens for part in cost.parts if part.id in self.left_out))

    def _row(self, cost: CostView, index: int) -> Content:
        part = cost.parts[index]
        out = part.id in self.left_out
        pointer = ("▸ ", "bold $primary") if index == self.marked else ("  ", "")
        seconds = duration(cost.seconds * min(part.tokens, cost.new) / max(1, cost.new))
        name = (part.title, "strike $text-muted" if out else "bold $foreground" if index == self.marked else "")
        aside = f"  {counted(part.tokens, 'token')}, {seconds}"
        return Content.assemble(pointer, ("✗ " if out else "○ ", "$text-muted"), name, (aside, "$text-muted"))

    def action_send(self) -> None:
        """Send it, without what is left out."""
        self.need_answer_time()
        if self.ready and self.cost is not None:
            kept = tuple(part.id for part in self.cost.parts if part.id in self.left_out)
            self.post_message(self.Decided(self.cost.id, True, kept))
            self.answered()

    def reject(self, reason: str) -> None:
        """Do not send it; the turn ends."""
        if self.cost is not None:
            self.post_message(self.Decided(self.cost.id, False, ()))
            self.answered()

    def action_leave_out(self) -> None:
        """Leave the marked part out, or take it in again."""
        self.need_answer_time()
        if self.ready and self.cost is not None and self.cost.parts:
            self.left_out ^= {self.cost.parts[self.marked].id}
            self.paint()

    def action_up(self) -> None:
        """Mark the part above."""
        self._mark(-1)

    def action_down(self) -> None:
        """Mark the part below."""
        self._mark(1)

    def _mark(self, step: int) -> None:
        if self.cost is not None and self.cost.parts:
            self.marked = min(max(0, self.marked + step), len(self.cost.parts) - 1)
            self.paint()
