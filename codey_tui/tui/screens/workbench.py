"""The workbench: files, chat, plan, action, prompt and gauges. It paints a `View` and decides when a question may be asked."""

import time
from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from codey_tui.tui import meters
from codey_tui.tui.cleaning import clean, one_line
from codey_tui.tui.completion import mention
from codey_tui.tui.driver.compositor import FrugalCompositor
from codey_tui.tui.history import History
from codey_tui.tui.options import TuiOptions
from codey_tui.tui.screens.welcome import hints, welcome
from codey_tui.tui.state import Line, View
from codey_tui.tui.widgets.action_panel import ActionPanel
from codey_tui.tui.widgets.cost_panel import CostPanel
from codey_tui.tui.widgets.decision import DecisionPanel
from codey_tui.tui.widgets.file_tree import FileTree
from codey_tui.tui.widgets.gauges import Gauges, own_rss
from codey_tui.tui.widgets.lines import OneLine
from codey_tui.tui.widgets.plan_panel import PlanPanel
from codey_tui.tui.widgets.prompt import Completions, Prompt
from codey_tui.tui.widgets.tab_bar import PANES, Pane, TabBar
from codey_tui.tui.widgets.transcript import Entry, Transcript

HOLD_BACK = 1.0
"""Seconds after the last key in the prompt for which a question waits before it appears."""
_GAUGE_SECONDS = 2.0
_ASIDE_SECONDS, _ASIDE_LATEST = 0.9, 1.4  # with the next token that comes, or by itself where none does
_GONE: meters.Segments = (("■ ", "bad"), ("The engine is gone", "plain"))


class Workbench(Screen[None]):
    """The main screen. Narrow, medium and wide layouts come from its breakpoints."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-medium"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    AUTO_FOCUS = "#prompt"

    def __init__(
        self,
        options: TuiOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        rss: Callable[[], int] = own_rss,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(classes=self._first_classes(size))
        self._compositor = FrugalCompositor()
        self.options = options
        self.view = View()
        self.pane_shown: Pane = "chat"
        self._clock = clock
        self._rss = rss
        self._painted: tuple[Line, ...] = ()
        self._offered = ""
        self._emptied = float("-inf")  # when the prompt was emptied last
        self._gone = ""
        self._aside_painted = float("-inf")
        self._aside_timer: Timer | None = None
        self._growing: tuple[str, ...] = ()
        self.completions = Completions()
        self.prompt = Prompt(History(options.history_path, options.hide), self.completions, clock)
        self.chat = Transcript(id="chat")
        self.files = FileTree(options.workspace, options.watch_files)
        self.cost = CostPanel(id="cost", clock=clock)
        self.plan = PlanPanel(id="plan", clock=clock)
        self.action = ActionPanel(id="action", clock=clock)

    def _first_classes(self, size: tuple[int, int] | None) -> str:
        """The classes of the first picture. With the right ones at once, nothing is styled a second time: that is a
        tenth of what starting costs."""
        classes = {"-empty"}
        if size is not None:
            classes |= self._get_breakpoint_classes(size[0], self.HORIZONTAL_BREAKPOINTS or [])
            classes |= self._get_breakpoint_classes(size[1], self.VERTICAL_BREAKPOINTS or [])
        return " ".join(sorted(classes))

    def compose(self) -> ComposeResult:
        """Top to bottom; the style sheet says what is visible at which size."""
        yield OneLine(id="heading")
        yield TabBar(id="tabs")
        with Container(id="body"):
            yield self.files
            with Vertical(id="centre"):
                yield Input(placeholder="Search the chat", id="search", select_on_focus=True)
                yield Static("", id="welcome")
                yield self.chat
            with Vertical(id="side"):
                yield self.cost
                yield self.plan
                yield self.action
        yield self.completions
        yield Static("", id="banner")
        yield OneLine(id="status")
        yield self.prompt
        yield Gauges(id="gauges")
        yield OneLine(id="hints")

    def on_mount(self) -> None:
        """The first picture stands on an empty view."""
        self.paint(self.view)
        self.set_interval(_GAUGE_SECONDS, self.paint_gauges)

    def on_resize(self, event: events.Resize) -> None:
        """Lines choose their form by the width."""
        self.call_after_refresh(self.paint_lines)

    # --- painting ----------------------------------------------------------------------------------------------------
    def paint(self, view: View, *, figures_only: bool = False) -> None:
        """Show a view; what did not change is not touched. With `figures_only`, what is new beside the chat is counts and readings:
        they are painted about once a second, since on a small machine each painting takes time from the model."""
        self.view = view
        self._paint_chat()
        growing = tuple(file.path for file in view.growing)
        if figures_only and growing == self._growing:
            rest = self._aside_painted + _ASIDE_SECONDS - self._clock()
            if rest > 0:
                if self._aside_timer is None:
                    self._aside_timer = self.set_timer(rest + _ASIDE_LATEST - _ASIDE_SECONDS, self._paint_aside)
                return
        self._growing = growing
        self._paint_aside()

    def _paint_aside(self) -> None:
        """All that is not the chat."""
        if self._aside_timer is not None:
            self._aside_timer.stop()
            self._aside_timer = None
        self._aside_painted = self._clock()
        view = self.view
        self.cost.show(view.cost)
        self.plan.show(view.plan)
        self.action.show(view.pending[0] if view.pending else None, view.running, max(0, len(view.pending) - 1))
        self.files.show_changes(view.growing, view.changed)
        self.prompt.show_queue(len(view.queued))
        self.set_class(not view.lines, "-empty")
        if not view.lines:
            self.query_one("#welcome", Static).update(welcome(view))
        self.paint_lines()
        self._offer()

    def paint_lines(self) -> None:
        """The lines of fixed height."""
        view = self.view
        heading, status, bottom = (self.query_one(id, OneLine) for id in ("#heading", "#status", "#hints"))
        heading.show(meters.heading(view, self.options.workspace.name, heading.room))
        status.show(_GONE if self._gone else meters.progress(view, status.room))
        bottom.show(hints(view, bottom.room))
        waiting: set[Pane] = set()
        if view.plan_waits:
            waiting.add("plan")
        if view.pending:
            waiting.add("action")
        if view.growing:
            waiting.add("files")
        self.query_one(TabBar).show(self.pane_shown, frozenset(waiting))
        self.paint_gauges()

    def paint_gauges(self) -> None:
        """The gauges, also between events: the memory of this process changes by itself."""
        self.query_one(Gauges).show_view(self.view, self._rss(), self.options.budget)

    def _paint_chat(self) -> None:
        lines, painted = self.view.lines, self._painted
        self._painted = lines
        same = min(len(lines), len(painted))
        if len(lines) < len(painted) or any(lines[i].key != painted[i].key for i in range(same)) or not painted:
            self.chat.load([_entry(line) for line in lines])
            return
        changed = [line for index, line in enumerate(lines) if index >= same or line is not painted[index]]
        if len(changed) == 1:
            self.chat.upsert(_entry(changed[0]))
        elif changed:
            with self.chat.bulk():
                for line in changed:
                    self.chat.upsert(_entry(line))

    # --- questions -----------------------------------------------------------------------------------------------------
    def _question(self) -> tuple[str, DecisionPanel | None]:
        if self.view.pending:
            return f"action {self.view.pending[0].id}", self.action
        if self.view.cost is not None:
            return f"cost {self.view.cost.id}", self.cost
        if self.view.plan_waits and self.view.plan is not None:
            return f"plan {self.view.plan.id}", self.plan
        return "", None

    def _offer(self) -> None:
        """Ask what waits, but not while a person is typing: no key meant for the prompt may become an answer."""
        key, panel = self._question()
        if key == self._offered:
            return
        if panel is None:
            self._withdraw()
            return
        rest = HOLD_BACK - (self._clock() - self.prompt.last_key)
        if rest > 0:
            self.set_timer(min(rest, HOLD_BACK), self._offer)
            return
        self._offered = key
        self.add_class("-asking")
        panel.arm()
        if not self.prompt.text and self.is_current:
            self.call_after_refresh(panel.focus, False)

    def on_text_area_changed(self) -> None:
        """An emptied prompt gives the focus back to the question that waits, after a pause."""
        if not self.prompt.text:
            self._emptied = self._clock()
            self._come_back()

    def on_screen_resume(self) -> None:
        """A window over this screen has gone: the question that waits gets the focus back."""
        self._emptied = self._clock()
        self._come_back()

    def _come_back(self) -> None:
        """Into the panel that asks, where the prompt is empty and nobody types; its keys count after the grace time again."""
        key, panel = self._question()
        if panel is None or key != self._offered or self.prompt.text or not self.is_current:
            return
        if self.focused is not None and self.focused is not self.prompt:
            return
        rest = HOLD_BACK - (self._clock() - max(self.prompt.last_key, self._emptied))
        if rest > 0:
            self.set_timer(min(rest, HOLD_BACK), self._come_back)
            return
        panel.arm()
        self.call_after_refresh(panel.focus, False)

    def _withdraw(self) -> None:
        self._offered = ""
        self.remove_class("-asking")
        self.cost.disarm()
        self.plan.disarm()
        self.action.disarm()
        self.cost.paint()
        self.plan.paint()
        self.action.paint()
        if isinstance(self.focused, DecisionPanel) or (self.focused and self._inside_panel(self.focused)):
            self.prompt.focus()

    def _inside_panel(self, widget: Widget) -> bool:
        return any(isinstance(ancestor, DecisionPanel) for ancestor in widget.ancestors)

    def on_decision_panel_answered(self) -> None:
        """Answered here: back to the prompt, and to the chat where a panel had covered it."""
        self.enter_pane("chat")

    # --- panes and focus ------------------------------------------------------------------------------------------------
    def show_pane(self, pane: Pane) -> None:
        """Open a tab (narrow) or a folded panel (medium)."""
        self.pane_shown = pane
        for name in PANES:
            self.set_class(name == pane, f"-pane-{name}")
        self.paint_lines()

    def action_pane(self, pane: Pane) -> None:
        """A tab was clicked."""
        self.enter_pane(pane)

    def enter_pane(self, pane: Pane) -> None:
        """Open a pane and put the focus into it."""
        self.show_pane(pane)
        target: Widget = {"chat": self.prompt, "files": self.files, "plan": self.plan, "action": self.action}[pane]
        self.call_after_refresh(target.focus, False)

    def next_panel(self) -> None:
        """Narrow: the next tab. Wider: into the panel that asks, the other one, back to the prompt. A long prompt's panel has
        no tab: it is entered first, and left for the prompt."""
        if self.view.cost is not None and self._offered:
            self.enter_pane("chat")
            if not self.cost.has_focus:
                self.call_after_refresh(self.cost.focus, False)
            return
        if self.has_class("-narrow"):
            self.enter_pane(PANES[(PANES.index(self.pane_shown) + 1) % len(PANES)])
            return
        _, asking = self._question()
        order: list[Pane] = ["action", "plan"] if asking is self.action else ["plan", "action"]
        focused = self.focused
        if focused is self.query_one(f"#{order[0]}"):
            self.enter_pane(order[1])
        elif focused is self.query_one(f"#{order[1]}"):
            self.enter_pane("chat")
        else:
            self.enter_pane(order[0])

    def toggle_files(self) -> None:
        """Into the file tree, or back."""
        self.enter_pane("chat" if self.focused is self.files else "files")

    def on_decision_panel_command_begun(self) -> None:
        """A command is typed while a question waits: it belongs into the prompt."""
        self.show_pane("chat")
        self.prompt.focus()
        self.prompt.insert("/")

    # --- search ----------------------------------------------------------------------------------------------------------
    def search(self, text: str = "") -> None:
        """Open the search, or close it where it is open and no text is given."""
        box = self.query_one("#search", Input)
        if not text and self.has_class("-searching"):
            self.remove_class("-searching")
            self.chat.search("")
            self.prompt.focus()
            return
        self.show_pane("chat")
        self.add_class("-searching")
        if text:
            box.value = text
            self._find(text)
        self.call_after_refresh(box.focus, False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while typing."""
        if event.input.id == "search":
            event.stop()
            self._find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next place."""
        if event.input.id == "search":
            event.stop()
            self.chat.next_match(-1)

    def _find(self, text: str) -> None:
        count = self.chat.search(text)
        self.query_one("#search", Input).border_subtitle = f"{count} found" if text else ""

    # --- other -----------------------------------------------------------------------------------------------------------
    def show_gone(self, sentence: str, can_restart: bool) -> None:
        """The engine went away (a sentence) or is back (empty)."""
        self._gone = sentence
        self.set_class(bool(sentence), "-gone")
        hint = "  ctrl+r starts it again; nothing is lost." if can_restart else ""
        self.query_one("#banner", Static).update(Content.assemble(("✗ ", "bold $text-error"), clean(sentence), hint))
        self.paint_lines()

    def on_file_tree_chosen(self, event: FileTree.Chosen) -> None:
        """A chosen file is named in the prompt."""
        event.stop()
        named = mention(event.path)
        if not named:
            self.notify(f"{one_line(event.path)} has a name that cannot be typed: rename it first.", severity="warning")
            return
        gap = "" if not self.prompt.text or self.prompt.text.endswith((" ", "\n")) else " "
        self.prompt.insert(f"{gap}{named} ")
        self.enter_pane("chat")


def _entry(line: Line) -> Entry:
    return Entry(key=line.key, role=line.role, text=line.text, title=line.title, open=line.open)
