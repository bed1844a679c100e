"""What the commands do that are more than one Op; the app is made of these."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from msgspec.structs import replace

from codey_tui.protocol.actions import ApprovalMode
from codey_tui.protocol.client import EngineGone, QueryFailed
from codey_tui.protocol.ops import (
    CancelTurn,
    DecideAction,
    NewSession,
    OpenSession,
    RemoveRule,
    SetMode,
    SetRule,
)
from codey_tui.protocol.queries import GetAudit, ListRules, ListSessions
from codey_tui.tui.commands import BY_ID, BY_SLASH, Command
from codey_tui.tui.modelling import Modelling
from codey_tui.tui.options import TuiOptions
from codey_tui.tui.screens.workbench import Workbench
from codey_tui.tui.state import PendingAction, View
from codey_tui.tui.telling import route_text

_MODES = {
    "plan": "Only plans; nothing is written or run.",
    "ask": "Reads by itself; asks before it writes or runs.",
    "auto-edit": "Writes by itself; asks before it runs.",
    "auto": "Asks for nothing but what is dangerous.",
}


class Doing(Modelling):
    """The commands. `CodeyApp` adds the client and the events."""

    options: TuiOptions
    workbench: Workbench
    now: Callable[[], float]

    @abstractmethod
    def restart_engine(self) -> None:
        """Start or find an engine again."""

    @abstractmethod
    def theme_names(self) -> list[str]:
        """The themes there are."""

    @property
    @abstractmethod
    def engine_is_gone(self) -> bool:
        """Whether there is no engine."""

    def action_command(self, id: str) -> None:
        """A key of the table was pressed, or a command of the palette chosen."""
        self.perform(BY_ID[id], "")

    def slash(self, text: str) -> None:
        """A line that begins with a slash was sent."""
        name, _, argument = text[1:].partition(" ")
        command = BY_SLASH.get(name.lower())
        if command is None:
            self.notify(f"There is no command /{name}. /help shows all.", severity="warning", markup=False)
            return
        self.perform(command, argument.strip())

    def perform(self, command: Command, argument: str) -> None:
        """Do a command, or say why not now."""
        if command.id == "turn.retry" and self.engine_is_gone:
            self.restart_engine()
        elif command.action:
            getattr(self, f"do_{command.action}")(argument)
        elif not command.when(self.view):
            self.notify(f"{command.title}: not possible now.", severity="warning", markup=False)
        elif command.op is not None:
            op = command.op(self.view, argument)
            if op is None:
                self.notify(
                    f"Type /{command.slash} {command.argument}: {command.help}", severity="warning", markup=False
                )
            else:
                self.submit(op)

    # --- turn ---------------------------------------------------------------------------------------------------------
    def do_cancel(self, argument: str) -> None:
        """Ctrl+C: cancel the turn; without one copy a selection, put away what is typed, or say how to leave."""
        if self.view.busy:
            self.submit(CancelTurn())
        elif text := self._selected():
            self._copied(text)
        elif self.workbench.prompt.put_away():
            self.notify("The prompt was put away; the up key brings it back.", timeout=3)
        else:
            self.notify("Nothing runs. ctrl+q quits.", timeout=3)

    def do_why(self, argument: str) -> None:
        """How the request was understood."""
        route = self.view.route
        self.notify(route_text(route) if route else "Nothing was asked yet.", markup=False, timeout=8)

    # --- panes --------------------------------------------------------------------------------------------------------
    def do_panels(self, argument: str) -> None:
        """Into the plan and action panels."""
        self.workbench.next_panel()

    def do_files(self, argument: str) -> None:
        """Into the file tree."""
        self.workbench.toggle_files()

    def do_prompt(self, argument: str) -> None:
        """Back to the prompt."""
        self.workbench.enter_pane("chat")

    def do_search(self, argument: str) -> None:
        """Search the chat."""
        self.workbench.search(argument)

    # --- actions ------------------------------------------------------------------------------------------------------
    def review(self, pending: PendingAction) -> None:
        """Show the parts of a change and answer by those that are taken in."""
        from codey_tui.tui.screens.review import Reviewed, ReviewScreen

        def answer(reviewed: Reviewed | None) -> None:
            if reviewed is None:
                return
            if all(held.id != pending.id for held in self.view.pending):
                self.notify("That question has been answered elsewhere.", severity="warning")
                return
            self.submit(
                DecideAction(
                    action_id=pending.id, verdict=reviewed.verdict, hunks=reviewed.hunks, reason=reviewed.reason
                )
            )

        self.push_screen(ReviewScreen(pending.preview), answer)

    def do_rules(self, argument: str) -> None:
        """Show the rules and change one, or set the one that is typed."""
        from codey_tui.tui.ledgers import read_rule

        rule = read_rule(argument)
        if rule is not None:
            self.submit(SetRule(rule=rule))
        elif argument:
            self.notify("Type /rules VERDICT TOOL PATTERN: /rules forbid shell git push", markup=False, timeout=8)
        else:
            self.run_worker(self._change_rules(), group="ask", exclusive=True)

    async def _change_rules(self) -> None:
        from codey_tui.tui.ledgers import REMOVE, rule_rows, verdict_rows
        from codey_tui.tui.screens.choice import Choice

        try:
            rules = await self.ask(ListRules())
        except (EngineGone, QueryFailed):
            return
        empty = "There are no rules. /rules VERDICT TOOL PATTERN sets one."
        chosen = await self.push_screen_wait(Choice("Rules", rule_rows(rules), empty=empty))
        if chosen is None:
            return
        rule = rules[int(chosen)]
        title = f"{rule.tool} {rule.pattern}"
        answer = await self.push_screen_wait(Choice(title, verdict_rows(rule), chosen=rule.verdict))
        if answer == REMOVE:
            self.submit(RemoveRule(tool=rule.tool, pattern=rule.pattern))
        elif answer and answer != rule.verdict:
            self.submit(SetRule(rule=replace(rule, verdict=answer, source="learnt")))

    def do_audit(self, argument: str) -> None:
        """Show what was proposed, and one row in full."""
        self.run_worker(self._show_audit(), group="ask", exclusive=True)

    async def _show_audit(self) -> None:
        from codey_tui.tui.ledgers import audit_entry, audit_rows
        from codey_tui.tui.screens.choice import Choice
        from codey_tui.tui.screens.message import MessageScreen

        try:
            rows = await self.ask(GetAudit())
        except (EngineGone, QueryFailed):
            return
        empty = "Nothing has been proposed in this folder yet."
        chosen = await self.push_screen_wait(Choice("Actions", audit_rows(rows), empty=empty))
        if chosen is not None:
            self.push_screen(MessageScreen(audit_entry(rows[int(chosen)])))

    # --- chat ---------------------------------------------------------------------------------------------------------
    def _selected(self) -> str:
        prompt = self.workbench.prompt
        return (prompt.selected_text if prompt.has_focus else "") or self.workbench.get_selected_text() or ""

    def _copied(self, text: str) -> None:
        self.copy_to_clipboard(text)
        self.notify(f"Copied {len(text):,} characters.", timeout=2)

    def do_copy(self, argument: str) -> None:
        """The selection, else the last answer or file."""
        text = self._selected()
        if not text:
            answers = [line.text for line in self.view.lines if line.role in ("assistant", "file", "tool")]
            text = _unfenced(answers[-1]) if answers else ""
        if text:
            self._copied(text)
        else:
            self.notify("There is nothing to copy yet.", severity="warning")

    def do_export(self, argument: str) -> None:
        """The chat as Markdown into a file that does not exist yet."""
        session = self.view.session.id if self.view.session else "chat"
        root = self.options.workspace
        try:
            path = root / Path(argument or f"codey-{session[:8]}.md").expanduser()
            place = path.resolve()
        except (OSError, RuntimeError) as error:  # no home of that name, or links in a circle
            self.notify(f"The chat was not written: {error}", severity="error", markup=False)
            return
        if not place.is_relative_to(root.resolve()):
            self.notify("The file must lie in the workspace.", severity="error")
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(export_text(self.view))
        except FileExistsError:
            self.notify(f"{path.name} exists. Name another file: /export PATH", severity="error", markup=False)
        except OSError as error:
            self.notify(f"The chat was not written: {error}", severity="error", markup=False)
        else:
            self.notify(f"Wrote {place.relative_to(root.resolve())}", markup=False)

    # --- sessions, mode, theme -----------------------------------------------------------------------------------
    def do_sessions(self, argument: str) -> None:
        """List the sessions and open one."""
        self.run_worker(self._choose_session(), group="ask", exclusive=True)

    async def _choose_session(self) -> None:
        from codey_tui.tui.screens.sessions import NEW, SessionsScreen

        try:
            sessions = await self.ask(ListSessions())
        except (EngineGone, QueryFailed):
            return
        present = self.view.session.id if self.view.session else ""
        chosen = await self.push_screen_wait(SessionsScreen(sessions, present, self.now(), self.submit))
        if chosen == NEW:
            self.submit(NewSession())
        elif chosen and chosen != present:
            self.submit(OpenSession(session=chosen))

    def do_mode(self, argument: str) -> None:
        """Set the approval mode."""
        from codey_tui.tui.screens.choice import Choice, Row

        if argument in get_args(ApprovalMode):
            self._set_mode(argument)
        elif argument:
            self.notify(f"The modes are {', '.join(_MODES)}.", severity="warning")
        else:
            rows = [Row(name, name, text) for name, text in _MODES.items()]
            self.push_screen(Choice("Approval mode", rows, chosen=self.view.mode), self._set_mode)

    def _set_mode(self, mode: Any) -> None:
        if mode:
            self.submit(SetMode(mode=mode))

    def do_theme(self, argument: str) -> None:
        """Set the colours for this run."""
        from codey_tui.tui.screens.choice import Choice, Row

        names = self.theme_names()
        if argument in names:
            self.theme = argument
        elif argument:
            self.notify(f"The themes are {', '.join(names)}.", severity="warning", markup=False)
        else:
            rows = [Row(name, name) for name in names]
            self.push_screen(Choice("Theme", rows, chosen=self.theme), self._set_theme)

    def _set_theme(self, name: str | None) -> None:
        if name:
            self.theme = name

    # --- help and leaving -----------------------------------------------------------------------------------------------
    def do_help(self, argument: str) -> None:
        """All commands."""
        from codey_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.options.keymap))

    def do_palette(self, argument: str) -> None:
        """Commands by name."""
        from textual.command import CommandPalette

        from codey_tui.tui.palette import CommandsProvider

        self.push_screen(CommandPalette(providers=[CommandsProvider], placeholder="Type a command"))

    def do_restart(self, argument: str) -> None:
        """Start the engine again."""
        self.restart_engine()

    def do_detach(self, argument: str) -> None:
        """Leave; what runs goes on."""
        self.detached = True
        self.exit(0)

    def do_leave(self, argument: str) -> None:
        """Leave; ask where a turn runs."""
        from codey_tui.tui.screens.quit import QuitScreen

        if self.view.busy and not self.engine_is_gone:
            self.push_screen(QuitScreen(), self._leave)
        else:
            self.exit(0)

    def _leave(self, answer: str | None) -> None:
        if answer == "cancel":
            self.submit(CancelTurn())
        self.detached = answer == "detach"
        if answer in ("cancel", "detach"):
            self.exit(0)


def _unfenced(text: str) -> str:
    """The code alone where a text is one code block."""
    lines = text.split("\n")
    if len(lines) > 1 and lines[0].startswith("```") and lines[-1] == lines[0][: len(lines[-1])] and lines[-1]:
        return "\n".join(lines[1:-1]) + "\n"
    return text


def export_text(view: View) -> str:
    """The transcript as one Markdown document."""
    names = {"user": "You", "assistant": "Codey"}
    parts = [f"# {view.session.title or 'Codey session'}" if view.session else "# Codey session"]
    for line in view.lines:
        parts.append(f"## {line.title or names.get(line.role, line.role)}")
        if line.text:
            parts.append(line.text)
    return "\n\n".join(parts) + "\n"
