"""The plan panel: which chunks will run, in what order, and how far each is."""

import time
from collections.abc import Callable

from textual.content import Content
from textual.message import Message

from codey_tui.protocol.plan import ChunkState
from codey_tui.tui.commands import bindings_of
from codey_tui.tui.state import ChunkView, PlanView
from codey_tui.tui.telling import chunk_name, duration, says_more
from codey_tui.tui.widgets.decision import DecisionPanel, Key

_MARKS: dict[ChunkState, tuple[str, str]] = {
    "pending": ("○", "$text-muted"),
    "running": ("●", "$primary"),
    "done": ("✓", "$text-success"),
    "failed": ("✗", "$text-error"),
    "skipped": ("–", "$text-muted"),
    "cancelled": ("■", "$text-warning"),
}
_ONE_ROW = 60
"""Cells from which a chunk's details stand beside its name."""
_NAME_COLUMN = 32
_KEYS: tuple[Key, ...] = (
    ("y", "approve", "approve"),
    ("n", "reject", "reject"),
    ("e", "say why", "explain"),
    ("d", "drop", "drop"),
    ("k", "up", "earlier"),
    ("j", "down", "later"),
)


def _details(held: ChunkView, name: str) -> list[str]:
    """What is said of a chunk beside its name."""
    chunk = held.chunk
    details: list[str] = []
    if held.state == "pending" and says_more(chunk.title, name):
        details.append(chunk.title)
    if held.attempt > 1:
        details.append(f"repair {held.attempt}")
    if held.state == "pending" and chunk.max_tokens:
        details.append(f"up to {chunk.max_tokens} tokens")
    elif held.tokens:
        ceiling = f"/{chunk.max_tokens}" if held.state == "running" and chunk.max_tokens else ""
        details.append(f"{held.tokens}{ceiling} tokens")
    if held.seconds:
        details.append(duration(held.seconds))
    if held.reason:
        details.append(held.reason)
    return details


class PlanPanel(DecisionPanel):
    """Shows a plan, and asks for a decision while it is proposed."""

    BINDINGS = list(bindings_of("plan"))

    class Decided(Message):
        """A person decided: the chunks to run in order (empty where rejected), and a reason."""

        def __init__(self, plan_id: str, allow: bool, chunks: tuple[str, ...], reason: str) -> None:
            super().__init__()
            self.plan_id = plan_id
            self.allow = allow
            self.chunks = chunks
            self.reason = reason

    def __init__(self, *, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id, clock=clock)
        self.plan: PlanView | None = None
        self.order: list[str] = []
        self.dropped: set[str] = set()
        self.marked = 0

    def show(self, plan: PlanView | None) -> None:
        """Show a plan as it is now. Dropping and moving of the person stay while the same plan waits."""
        if plan is self.plan:
            return
        fresh = plan is not None and (self.plan is None or self.plan.id != plan.id)
        if plan is None or fresh or plan.state != "proposed":
            self.order = [held.chunk.id for held in plan.chunks] if plan else []
            self.dropped = set() if fresh or plan is None else self.dropped
        if fresh:
            self.marked = 0
        self.plan = plan
        if plan is None or plan.state != "proposed":
            self.disarm()
        self.paint()

    def paint_question(self) -> None:
        """Paint the rows and the keys."""
        plan = self.plan
        self.say_what("Plan" if plan is None else f"Plan · {plan.state}")
        if plan is None:
            self.body.show(Content.styled("No plan yet. It appears here before a token is spent.", "$text-muted"))
            self.keys.display = False
            return
        held = {chunk.chunk.id: chunk for chunk in plan.chunks}
        rows = [self._row(number, held[id]) for number, id in enumerate(self.order, 1)]
        if plan.reason:
            rows.append(Content.styled(f"Rejected: {plan.reason}", "$text-warning"))
        self.body.show(Content("\n").join(rows))
        self.keys.display = self.asks
        if self.asks:
            self.keys.show(*_KEYS)

    def _row(self, number: int, held: ChunkView) -> Content:
        chunk, asks = held.chunk, self.asks
        marked = asks and number - 1 == self.marked
        dropped = chunk.id in self.dropped
        mark, style = ("✗", "$text-muted") if dropped else _MARKS[held.state]
        name = chunk_name(chunk)
        if chunk.command:
            name = f"$ {chunk.command}"
        pointer = ("▸ ", "bold $primary") if marked else ("  ", "")
        text = "strike $text-muted" if dropped else "bold $foreground" if marked or held.state == "running" else ""
        head = Content.assemble(pointer, (f"{mark} ", style), (name, text))
        aside = " · ".join(_details(held, name))
        if not aside:
            return head
        if self._room >= _ONE_ROW:
            gap = max(2, _NAME_COLUMN - head.cell_length)
            return Content.assemble(head, " " * gap, (aside, "$text-muted"))
        return Content.assemble(head, "\n    ", (aside, "$text-muted"))

    @property
    def _room(self) -> int:
        return self.size.width

    def on_resize(self) -> None:
        """Another width, another form of the rows."""
        self.paint()

    def action_approve(self) -> None:
        """Run what is kept, in the order that is shown."""
        self.need_answer_time()
        kept = tuple(id for id in self.order if id not in self.dropped)
        if self.ready and not kept:
            self.notify("Every step is left out. d takes one in again, n rejects the plan.", timeout=4)
        elif self.ready and self.plan is not None:
            self.post_message(self.Decided(self.plan.id, True, kept, ""))
            self.answered()

    def reject(self, reason: str) -> None:
        """Do nothing, and say why."""
        if self.plan is not None:
            self.post_message(self.Decided(self.plan.id, False, (), reason))
            self.answered()

    def action_drop(self) -> None:
        """Leave the marked chunk out, or take it in again."""
        self.need_answer_time()
        if self.ready and self.order:
            self.dropped ^= {self.order[self.marked]}
            self.paint()

    def action_up(self) -> None:
        """Mark the chunk above."""
        self._mark(-1)

    def action_down(self) -> None:
        """Mark the chunk below."""
        self._mark(1)

    def action_earlier(self) -> None:
        """Run the marked chunk before the one above it."""
        self._move(-1)

    def action_later(self) -> None:
        """Run the marked chunk after the one below it."""
        self._move(1)

    def _mark(self, step: int) -> None:
        if not self.asks:
            self.scroll_relative(y=step, animate=False)
            return
        self.marked = min(max(0, self.marked + step), max(0, len(self.order) - 1))
        self.paint()
        self._show_marked()

    def _move(self, step: int) -> None:
        self.need_answer_time()
        there = self.marked + step
        if self.ready and 0 <= there < len(self.order):
            order = self.order
            order[self.marked], order[there] = order[there], order[self.marked]
            self.marked = there
            self.paint()
            self._show_marked()

    def _show_marked(self) -> None:
        """Scroll so that the marked chunk is in sight, with one more on either side."""
        rows = 1 if self._room >= _ONE_ROW else 2
        top, height = self.marked * rows, max(rows, self.size.height - self.keys.size.height)
        first = round(self.scroll_offset.y)
        if top - rows < first:
            self.scroll_to(y=max(0, top - rows), animate=False)
        elif top + 2 * rows > first + height:
            self.scroll_to(y=top + 2 * rows - height, animate=False)
