"""The screen of Codey: `run` opens the workbench on a client and returns an exit code."""

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import events
from textual.binding import Binding
from textual.driver import Driver
from textual.message import Message

from codey_tui.protocol.client import Client, EngineGone, QueryFailed, Unsubscribe
from codey_tui.protocol.events import Envelope, FileGrew, GaugesRead, SessionOpened, TokensGenerated
from codey_tui.protocol.ops import DecideAction, DecidePlan, DecidePrompt, Op, ResumeTurn, SubmitPrompt
from codey_tui.tui.cleaning import clean
from codey_tui.tui.coalesce import Arrived, Coalescer
from codey_tui.tui.commands import bindings_of
from codey_tui.tui.completion import mentioned
from codey_tui.tui.doing import Doing
from codey_tui.tui.driver.driver import CodeyDriver
from codey_tui.tui.driver.guard import install_signals
from codey_tui.tui.files import is_file
from codey_tui.tui.keymap import check_keymap
from codey_tui.tui.options import TuiOptions
from codey_tui.tui.screens.modal import LiveModal
from codey_tui.tui.screens.workbench import Workbench
from codey_tui.tui.state import View
from codey_tui.tui.themes import DEFAULT_THEME, read_themes, stamp
from codey_tui.tui.view import fold
from codey_tui.tui.widgets.action_panel import ActionPanel
from codey_tui.tui.widgets.cost_panel import CostPanel
from codey_tui.tui.widgets.gauges import own_rss
from codey_tui.tui.widgets.plan_panel import PlanPanel
from codey_tui.tui.widgets.prompt import Prompt
from codey_tui.tui.widgets.transcript import Transcript

_HERE = Path(__file__).parent
_REPLAYED = 64  # events in one batch: a stored session that comes back, not what happens now
_THEME_SECONDS = 3.0
_SLOW_SCROLL_STEP = 4
"""Rows that the chat's end moves at a time on a slow link: each move repaints the whole chat."""
_FILES_OFFERED = 20_000
_FIGURES = (TokensGenerated, FileGrew, GaugesRead)  # they add to the chat, and else are counts and readings
_SEVERITY: dict[str, Any] = {"info": "information", "warning": "warning", "error": "error"}


class EngineWentAway(Message):
    """The engine ended; a sentence says how."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class EngineCameBack(Message):
    """Another engine was started or found."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client


class CodeyApp(Doing):
    """Folds what the client says into a view, hands it to the workbench, and submits what a person decides."""

    CSS_PATH = [
        _HERE / "screens" / "workbench.tcss",
        _HERE / "screens" / "modal.tcss",
        _HERE / "widgets" / "prompt.tcss",
        _HERE / "widgets" / "decision.tcss",
        _HERE / "widgets" / "file_tree.tcss",
    ]
    TITLE = "codey"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = list(bindings_of("app"))

    def __init__(
        self,
        client: Client,
        options: TuiOptions,
        *,
        driver_class: type[Driver] | None = None,
        clock: Callable[[], float] = time.monotonic,
        rss: Callable[[], int] = own_rss,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.now = now
        self.animation_level = "none"
        self.client = client
        self.options = options
        self.view = View()
        self._clock = clock
        self._rss = rss
        self._started = now()
        self._unsubscribe: Unsubscribe | None = None
        self._coalescer: Coalescer | None = None
        self._generation = 0
        self._gone = ""
        self._told = 0
        self.detached = False
        self._themes: list[str] = []
        self._theme_stamp: tuple[tuple[str, int], ...] = ()
        self.give_back_signals: Callable[[], None] = lambda: None

    @property
    def _theme_folders(self) -> tuple[Path | None, ...]:
        return (self.options.themes_dir, self.options.user_themes_dir)

    # --- start and end ------------------------------------------------------------------------------------------------
    def on_load(self) -> None:
        """Colours and keys stand before the first picture."""
        self._problems = self._load_themes()
        name = self.options.theme
        if name not in self._themes:
            self._problems.append(f"There is no theme {name}; {DEFAULT_THEME} is used.")
            name = DEFAULT_THEME if DEFAULT_THEME in self._themes else self.theme
        self._dress(name)
        chat = {b.id: b.key for b in Transcript.BINDINGS if isinstance(b, Binding) and b.id}
        keymap, problems = check_keymap(self.options.keymap, chat)
        self._problems += problems
        self.set_keymap(keymap)

    def _dress(self, name: str) -> None:
        """Begin with a theme. Setting `theme` instead would have all styles read a second time after they were read."""
        self.set_reactive(CodeyApp.theme, name)
        dark = self.current_theme.dark
        self.update_classes({f"-theme-{name}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.stylesheet.set_variables(self.get_css_variables())
        self._refresh_truecolor_filter(self.ansi_theme)

    def get_default_screen(self) -> Workbench:
        """The workbench."""
        self.workbench = Workbench(self.options, clock=self._clock, rss=self._rss, size=self.size)
        return self.workbench

    def on_mount(self) -> None:
        """Paint first, then listen."""
        if self._slow:
            self.workbench.chat.scroll_step = _SLOW_SCROLL_STEP
        if isinstance(self._driver, CodeyDriver):
            self.give_back_signals = install_signals(self)
        self.call_after_refresh(self._meet)
        for problem in (*self.options.notices, *self._problems):
            self.notify(problem, severity="warning", markup=False, timeout=10)
        if any(folder is not None for folder in self._theme_folders):
            self.set_interval(_THEME_SECONDS, self._reload_themes)

    def _meet(self) -> None:
        """Hear of the client's events, and of its end."""
        _spare_from_collection()
        if self.options.watch_gone is not None:
            self.options.watch_gone(self.client, self._engine_gone)
        self._listen(0)

    def _engine_gone(self, sentence: str) -> None:
        """Called from any thread."""
        self.post_message(EngineWentAway(sentence))

    def _listen(self, after: int) -> None:
        """Listen from `after` on; what an earlier subscription still delivers is dropped."""
        self._hang_up()
        self._generation += 1
        generation = self._generation
        coalescer = Coalescer(
            asyncio.get_running_loop(),
            lambda batch: self.post_message(Arrived(batch)) if generation == self._generation else None,
            slow=self._slow,
            pressure=self._under_pressure,
        )
        self._coalescer = coalescer
        try:
            self._unsubscribe = self.client.listen(coalescer.offer, after)
        except EngineGone as error:
            self.post_message(EngineWentAway(str(error)))

    def _hang_up(self) -> None:
        if self._coalescer is not None:
            self._coalescer.close()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def on_unmount(self) -> None:
        """Leave the engine to itself."""
        self._hang_up()

    @property
    def _slow(self) -> bool:
        """Whether the way to the terminal is slow; unasked, one over SSH counts as slow."""
        link = self.options.link
        return link == "slow" or (link == "auto" and "SSH_CONNECTION" in os.environ)

    def _under_pressure(self) -> bool:
        driver = self._driver
        return isinstance(driver, CodeyDriver) and driver.under_pressure()

    # --- events ---------------------------------------------------------------------------------------------------------
    def on_arrived(self, message: Arrived) -> None:
        """Fold a batch and paint once."""
        view = self.view
        for envelope in message.envelopes:
            if self._is_other_session(view, envelope):
                self.view = View(gauges=view.gauges)
                self.workbench.paint(self.view)
                self._listen(0)  # the session's earlier events were never sent on this subscription
                return
            view = fold(view, envelope)
        if view is self.view:
            return
        self.view = view
        self.workbench.paint(view, figures_only=all(isinstance(one.event, _FIGURES) for one in message.envelopes))
        for screen in self.screen_stack:
            if isinstance(screen, LiveModal):
                screen.show_view(view)
        self._tell()
        if len(message.envelopes) >= _REPLAYED:
            _spare_from_collection()

    @staticmethod
    def _is_other_session(view: View, envelope: Envelope) -> bool:
        event = envelope.event
        return isinstance(event, SessionOpened) and view.session is not None and view.session.id != event.session.id

    def _tell(self) -> None:
        """Show each notice once, and only what was said since this screen opened."""
        for notice in self.view.notices:
            if notice.serial > self._told and notice.at >= self._started:
                self.notify(notice.text, severity=_SEVERITY[notice.level], markup=False, timeout=8)
        self._told = self.view.notices[-1].serial if self.view.notices else 0

    def notify(self, message: str, *, title: str = "", markup: bool = False, **how: Any) -> None:
        """See `App.notify`: what is told in passing is text, whoever wrote it."""
        super().notify(clean(message), title=clean(title), markup=markup, **how)

    # --- Ops --------------------------------------------------------------------------------------------------------------
    def submit(self, op: Op) -> None:
        """Send an Op; a lost engine shows the banner."""
        try:
            self.client.submit(op)
        except EngineGone as error:
            self.post_message(EngineWentAway(str(error)))

    async def ask(self, query: Any) -> Any:
        """Ask the engine. Raises EngineGone, with the banner up, and QueryFailed, which was told."""
        try:
            return await self.client.ask(query)
        except EngineGone as error:
            self.post_message(EngineWentAway(str(error)))
            raise
        except QueryFailed as error:
            self.notify(str(error), severity="error", timeout=8)
            raise

    def on_prompt_empty_sent(self, message: Prompt.EmptySent) -> None:
        """Enter without a text: what the status line offers."""
        if self.view.paused:
            self.submit(ResumeTurn())
        elif self.view.wants_larger:
            self.do_larger()

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """A command, or a prompt for the engine."""
        if message.text.startswith("/") and not message.text.startswith("//"):
            self.slash(message.text)
            return
        text = message.text.removeprefix("/") if message.text.startswith("//") else message.text
        files = tuple(path for path in mentioned(text) if is_file(self.options.workspace / path))
        self.workbench.chat.jump_to_end()
        self.submit(SubmitPrompt(text=text, files=files))

    def on_prompt_files_wanted(self, message: Prompt.FilesWanted) -> None:
        """List the workspace in a thread."""
        self.run_worker(self._scan, thread=True, group="scan", exclusive=True)

    def _scan(self) -> None:
        paths = self.workbench.files.workspace.scan(_FILES_OFFERED)
        self.call_from_thread(self.workbench.prompt.offer_files, paths)

    def on_plan_panel_decided(self, message: PlanPanel.Decided) -> None:
        """The plan was answered."""
        verdict = "allow" if message.allow else "reject"
        self.submit(DecidePlan(plan_id=message.plan_id, verdict=verdict, chunks=message.chunks, reason=message.reason))

    def on_cost_panel_decided(self, message: CostPanel.Decided) -> None:
        """The question about a long prompt was answered."""
        verdict = "allow" if message.send else "reject"
        self.submit(DecidePrompt(question_id=message.question_id, verdict=verdict, leave_out=message.leave_out))

    def on_action_panel_decided(self, message: ActionPanel.Decided) -> None:
        """An action was answered."""
        self.submit(
            DecideAction(
                action_id=message.action_id, verdict=message.verdict, scope=message.scope, reason=message.reason
            )
        )

    def on_action_panel_review_wanted(self, message: ActionPanel.ReviewWanted) -> None:
        """The parts of a diff on the whole screen."""
        self.review(message.pending)

    def on_transcript_opened(self, message: Transcript.Opened) -> None:
        """One message in full."""
        from codey_tui.tui.screens.message import MessageScreen

        self.push_screen(MessageScreen(message.entry))

    def on_transcript_copied(self, message: Transcript.Copied) -> None:
        """Say that something was copied."""
        self.notify(f"Copied the {message.what}: {len(message.text):,} characters.", timeout=2)

    # --- the engine ---------------------------------------------------------------------------------------------------------
    @property
    def engine_is_gone(self) -> bool:
        """Whether there is no engine."""
        return bool(self._gone)

    def on_engine_went_away(self, message: EngineWentAway) -> None:
        """Show the banner; what is on the screen stays."""
        self._gone = message.sentence
        self.workbench.show_gone(message.sentence, self.options.restart is not None)

    def restart_engine(self) -> None:
        """Start or find an engine, in a thread."""
        if not self._gone:
            self.notify("The engine runs.")
        elif self.options.restart is None:
            self.notify("It cannot be started from here. Quit and run codey again.", severity="error")
        else:
            self.notify("Starting the engine …", timeout=3)
            self.run_worker(self._restart, thread=True, group="restart", exclusive=True)

    def _restart(self) -> None:
        if self.options.restart is None:
            return
        try:
            self.post_message(EngineCameBack(self.options.restart()))
        except (EngineGone, OSError) as error:
            self.post_message(EngineWentAway(str(error)))

    def on_engine_came_back(self, message: EngineCameBack) -> None:
        """Go on from the last event that was seen."""
        self.client = message.client
        self._gone = ""
        self.workbench.show_gone("", False)
        self._meet()

    # --- themes -------------------------------------------------------------------------------------------------------------
    def theme_names(self) -> list[str]:
        """The themes that were read, by name."""
        return sorted(self._themes)

    def _load_themes(self) -> list[str]:
        themes, problems = read_themes(self._theme_folders)
        for theme in themes:
            self.register_theme(theme)
        self._themes = [theme.name for theme in themes]
        self._theme_stamp = stamp(self._theme_folders)
        return problems

    def _reload_themes(self) -> None:
        if stamp(self._theme_folders) == self._theme_stamp:
            return
        for problem in self._load_themes():
            self.notify(problem, severity="warning", markup=False, timeout=8)
        if self.theme in self._themes:
            self._invalidate_css()
            self.refresh_css(animate=False)

    def on_app_focus(self, event: events.AppFocus) -> None:
        """Coming back shows the present state of the workspace."""
        self.workbench.files.refresh_folders(("",))


def _spare_from_collection() -> None:
    """Let the garbage collector pass over what is there for good, so that no full collection delays a key."""
    gc.freeze()
    gc.enable()


def run(client: Client, options: TuiOptions) -> int:
    """Open the workbench on a client until the person leaves; returns the exit code (128 + n after signal n)."""
    for name in ("COLUMNS", "LINES"):  # exported once by a shell, they would hide every later size of the terminal
        os.environ.pop(name, None)
    app = CodeyApp(client, options, driver_class=CodeyDriver)
    try:
        code = app.run(mouse=options.mouse)
    finally:
        app.give_back_signals()
    if app.detached:
        options.left()
    return code if code is not None else app.return_code or 0
