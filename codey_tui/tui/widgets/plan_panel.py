"""The plan panel: which chunks will run, in what order, and how far each is."""

from textual.content import Content
from textual.message import Message

from codey_tui.protocol.plan import ChunkState
from codey_tui.tui.commands import bindings_of
from codey_tui.tui.state import ChunkView, PlanView
from codey_tui.tui.telling import chunk_name, duration
from codey_tui.tui.widgets.decision import DecisionPanel, key_row

_MARKS: dict[ChunkState, tuple[str, str]] = {
    "pending": ("○", "$text-muted"),
    "running": ("●", "$primary"),
    "done": ("✓", "$text-success"),
    "failed": ("✗", "$text-error"),
    "skipped": ("–", "$text-muted"),
    "cancelled": ("■", "$text-warning"),
}


class PlanPanel(DecisionPanel):
    """Shows a plan, and asks for a decision while it is proposed."""

    BINDINGS = [binding for binding in bindings_of("plan")]

    class Decided(Message):
        """A person decided: the chunks to run in order (empty where rejected), and a reason."""

        def __init__(self, plan_id: str, allow: bool, chunks: tuple[str, ...], reason: str) -> None:
            super().__init__()
            self.plan_id = plan_id
            self.allow = allow
            self.chunks = chunks
            self.reason = reason

    plan: PlanView | None = None
    order: list[str]
    dropped: set[str]
    marked: int = 0

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = "Plan"
        self.order, self.dropped = [], set()
        self.paint()

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

    def arm(self) -> None:
        """Ask."""
        super().arm()
        self.paint()

    def paint(self) -> None:
        """Paint the rows and the keys."""
        if not self.is_mounted:
            return
        plan = self.plan
        self.set_class(self.asks, "-waits")
        self.border_title = "Plan" if plan is None else f"Plan · {plan.state}"
        if plan is None:
            self.body.update(Content.styled("No plan yet. It appears here before a token is spent.", "$text-muted"))
            self.keys.display = False
            return
        held = {chunk.chunk.id: chunk for chunk in plan.chunks}
        rows = [self._row(number, held[id]) for number, id in enumerate(self.order, 1)]
        if plan.reason:
            rows.append(Content.styled(f"Rejected: {plan.reason}", "$text-warning"))
        self.body.update(Content("\n").join(rows))
        self.keys.display = self.asks
        if self.asks:
            self.keys.update(
                Content("\n").join(
                    [
                        key_row(("y", "approve", "approve"), ("n", "reject", "reject"), ("e", "say why", "explain")),
                        key_row(("d", "drop", "drop"), ("k", "up", "earlier"), ("j", "down", "later")),
                    ]
                )
            )

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
        details: list[str] = []
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
        rows = [head]
        if chunk.title and chunk.title not in (name, chunk.command):
            rows.append(Content.styled(f"    {chunk.title}", "$text-muted"))
        if details:
            rows.append(Content.styled(f"    {' · '.join(details)}", "$text-muted"))
        return Content("\n").join(rows)

    def action_approve(self) -> None:
        """Run what is kept, in the order that is shown."""
        self.need_answer_time()
        kept = tuple(id for id in self.order if id not in self.dropped)
        if self.ready and self.plan is not None and kept:
            self.post_message(self.Decided(self.plan.id, True, kept, ""))
            self.answered()

    def action_reject(self) -> None:
        """Do nothing."""
        self.need_answer_time()
        if self.ready:
            self.reject("")

    def reject(self, reason: str) -> None:
        """Do nothing, and say why."""
        if self.plan is not None:
            self.post_message(self.Decided(self.plan.id, False, (), reason))
            self.answered()

    def answered(self) -> None:
        """Paint without the question."""
        super().answered()
        self.paint()

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

    def _move(self, step: int) -> None:
        self.need_answer_time()
        there = self.marked + step
        if self.ready and 0 <= there < len(self.order):
            order = self.order
            order[self.marked], order[there] = order[there], order[self.marked]
            self.marked = there
            self.paint()
