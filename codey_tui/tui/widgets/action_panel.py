"""The action panel: exactly what would run or change, how risky it is, and the keys that answer."""

import time
from collections.abc import Callable

from textual.content import Content
from textual.message import Message

from codey_tui.protocol.actions import Preview, RiskLevel, Scope, Verdict
from codey_tui.tui.cleaning import clean, one_line
from codey_tui.tui.commands import bindings_of
from codey_tui.tui.state import PendingAction, RunningAction
from codey_tui.tui.widgets.decision import DecisionPanel, Key

_RISKS: dict[RiskLevel, tuple[str, str]] = {
    "read": ("reads", "$text-success"),
    "write": ("writes", "$text-warning"),
    "execute": ("runs", "$text-warning"),
    "dangerous": ("DANGEROUS", "bold $text-error"),
}
_DIFF = {"+": "$text-success", "-": "$text-error", "@": "$text-accent"}
_OUTPUT_LINES = 12
_KEYS: tuple[Key, ...] = (
    ("y", "allow once", "allow"),
    ("a", "for this session", "allow_session"),
    ("w", "always", "allow_always"),
    ("n", "reject", "reject"),
    ("e", "say why", "explain"),
)
_REVIEW: Key = ("d", "review parts", "review")


def preview_content(preview: Preview) -> Content:
    """A preview with its colours."""
    body = clean(preview.body)
    if preview.kind == "command":
        return Content.assemble(("$ ", "$text-muted"), (body, "bold $foreground"))
    if preview.kind == "text":
        return Content(body)
    rows: list[Content] = []
    for line in body.rstrip("\n").split("\n"):
        header = line.startswith(("+++", "---"))
        rows.append(Content.styled(line, "bold $foreground" if header else _DIFF.get(line[:1], "$text-muted")))
    return Content("\n").join(rows)


class ActionPanel(DecisionPanel):
    """Shows the action that waits, or the one that runs."""

    BINDINGS = list(bindings_of("approval"))

    class Decided(Message):
        """A person answered."""

        def __init__(self, action_id: str, verdict: Verdict, scope: Scope, reason: str) -> None:
            super().__init__()
            self.action_id = action_id
            self.verdict: Verdict = verdict
            self.scope: Scope = scope
            self.reason = reason

    class ReviewWanted(Message):
        """A person wants to see and choose the parts of a diff."""

        def __init__(self, pending: PendingAction) -> None:
            super().__init__()
            self.pending = pending

    def __init__(self, *, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id, clock=clock)
        self.pending: PendingAction | None = None
        self.running: RunningAction | None = None
        self.more = 0

    def show(self, pending: PendingAction | None, running: RunningAction | None, more: int) -> None:
        """Show the action that waits (`more` wait behind it) or runs."""
        if pending is self.pending and running is self.running and more == self.more:
            return
        same = pending is not None and self.pending is not None and pending.id == self.pending.id
        self.pending, self.running, self.more = pending, running, more
        if not same:
            self.disarm()
        self.paint()

    def paint_question(self) -> None:
        """Paint the action and the keys."""
        pending, running = self.pending, self.running
        self.set_class(self.asks and pending is not None and pending.risk.level == "dangerous", "-dangerous")
        self.keys.display = self.asks
        if pending is not None:
            more = f" · {self.more} more" if self.more else ""
            self.border_title = Content(f"Action · {one_line(pending.tool)}{more}")
            self.body.show(self._question(pending))
            self.keys.show(*_KEYS, *([_REVIEW] if pending.preview.hunks else []))
        elif running is not None:
            self.border_title = "Action · running"
            self.body.show(self._run(running))
        else:
            self.border_title = "Action"
            self.body.show(Content.styled("Nothing waits. What wants to run asks here first.", "$text-muted"))

    def _question(self, pending: PendingAction) -> Content:
        word, style = _RISKS[pending.risk.level]
        preview = pending.preview
        rows: list[Content] = []
        if preview.title and preview.title != preview.body:
            rows.append(Content.styled(clean(preview.title), "bold $foreground"))
        rows.append(preview_content(preview))
        rows.append(Content(""))
        rows.append(
            Content.assemble(("risk     ", "$text-muted"), (word, style), (f"  {clean(pending.risk.reason)}", ""))
        )
        if pending.risk.touches:
            rows.append(Content.assemble(("touches  ", "$text-muted"), clean(", ".join(pending.risk.touches))))
        if preview.kind == "diff":
            return Content("\n").join(rows)  # Codey writes it itself, and a checkpoint brings it back
        sandbox = pending.sandbox or "none"
        where = ("none: it runs on this machine itself", "bold $text-error") if sandbox == "none" else (sandbox, "")
        rows.append(Content.assemble(("sandbox  ", "$text-muted"), where))
        if pending.risk.network:
            rows.append(Content.assemble(("network  ", "$text-muted"), ("open for this action", "bold $text-warning")))
        return Content("\n").join(rows)

    def _run(self, running: RunningAction) -> Content:
        tail = clean(running.output).rstrip("\n").split("\n")[-_OUTPUT_LINES:]
        head = Content.assemble(("● ", "$primary"), (clean(running.title), "bold $foreground"))
        where = Content.styled(f"in {running.sandbox or 'no sandbox'}", "$text-muted")
        return Content("\n").join([head, where, Content(""), *(Content.styled(line, "$text-muted") for line in tail)])

    def _answer(self, verdict: Verdict, scope: Scope, reason: str) -> None:
        if self.pending is not None:
            self.post_message(self.Decided(self.pending.id, verdict, scope, reason))
            self.answered()

    def action_allow(self) -> None:
        """Run exactly this."""
        self.need_answer_time()
        if self.ready:
            self._answer("allow", "once", "")

    def action_allow_session(self) -> None:
        """Run this, and the same again in this session."""
        self.need_answer_time()
        if self.ready:
            self._answer("allow", "session", "")

    def action_allow_always(self) -> None:
        """Run this, and the same again from now on in this folder."""
        self.need_answer_time()
        if self.ready:
            self._answer("allow", "always", "")

    def action_review(self) -> None:
        """Show the parts of the diff, to be taken in or out."""
        self.need_answer_time()
        if self.ready and self.pending is not None and self.pending.preview.hunks:
            self.post_message(self.ReviewWanted(self.pending))

    def reject(self, reason: str) -> None:
        """Do not run it, and say why."""
        self._answer("reject", "once", reason)
