"""The one table of commands: the palette, the help screen, the slash commands and the key bindings are made from it."""

from collections.abc import Iterable

from textual.binding import Binding

from codey_tui.protocol.ops import CancelTurn, CorrectRoute, NewSession, Op, RetryTurn, UndoTurn
from codey_tui.tui.command import Command, Scope
from codey_tui.tui.commands_answers import ANSWERS
from codey_tui.tui.state import View

SCOPES: dict[Scope, str] = {
    "app": "Everywhere",
    "prompt": "In the prompt",
    "chat": "In the chat",
    "plan": "In the plan panel",
    "approval": "In the action panel",
    "cost": "Before a long prompt",
    "files": "In the file tree",
}


def _busy(view: View) -> bool:
    return view.busy


def _undo(view: View, argument: str) -> Op | None:
    if not argument:
        return UndoTurn()
    number = int(argument) if argument.isdecimal() and len(argument) < 10 else 0
    return UndoTurn(turn=number) if number else None


COMMANDS: tuple[Command, ...] = (
    Command(
        id="turn.cancel",
        title="Cancel the turn",
        help="Stop what runs now. The program stays; whole files that were written stay and can be undone.",
        keys=("ctrl+c",),
        slash="cancel",
        op=lambda view, argument: CancelTurn(),
        action="cancel",
        when=_busy,
    ),
    Command(
        id="turn.retry",
        title="Retry",
        help="Run the failed or cancelled turn again from its first chunk that is not done.",
        keys=("ctrl+r",),
        slash="retry",
        op=lambda view, argument: RetryTurn(),
        when=lambda view: view.can_retry,
    ),
    Command(
        id="turn.undo",
        title="Undo the last turn",
        help="Bring back the exact files from before the last turn, or before turn N.",
        slash="undo",
        argument="[turn]",
        op=_undo,
        when=lambda view: not view.busy,
    ),
    Command(id="rules.show", title="Rules", help="Show and change the approval rules.", slash="rules", action="rules"),
    Command(
        id="audit.show", title="Actions so far", help="List every action proposed here.", slash="audit", action="audit"
    ),
    Command(
        id="panels.next",
        title="Plan and actions",
        help="Show and enter the plan and action panels; again goes back. On a narrow screen: the next tab.",
        keys=("ctrl+t",),
        slash="panels",
        action="panels",
    ),
    Command(
        id="files.show",
        title="Files",
        help="Show and enter the file tree; again goes back.",
        keys=("ctrl+o",),
        slash="files",
        action="files",
    ),
    Command(
        id="prompt.focus",
        title="Go to the prompt",
        help="Put the cursor back into the prompt and show the chat.",
        keys=("ctrl+l",),
        action="prompt",
    ),
    Command(
        id="chat.search",
        title="Search the chat",
        help="Find text in the chat. Enter finds the next place, ctrl+f closes the search.",
        keys=("ctrl+f",),
        slash="search",
        argument="[text]",
        action="search",
    ),
    Command(
        id="chat.copy",
        title="Copy the last answer",
        help="Copy the selected text, or else the last answer or file, also over SSH (OSC 52).",
        keys=("ctrl+y",),
        slash="copy",
        action="copy",
    ),
    Command(
        id="chat.export",
        title="Export the chat",
        help="Write the chat as Markdown to a file in the workspace: the way out where no clipboard works.",
        slash="export",
        argument="[path]",
        action="export",
    ),
    Command(
        id="session.new",
        title="New session",
        help="Leave this conversation and begin an empty one.",
        keys=("ctrl+n",),
        slash="new",
        op=lambda view, argument: NewSession(),
    ),
    Command(
        id="session.list",
        title="Sessions",
        help="List the stored conversations of this workspace; open one, or remove it.",
        keys=("ctrl+s",),
        slash="sessions",
        action="sessions",
    ),
    Command(
        id="mode.set",
        title="Approval mode",
        help="How much Codey asks: plan (never act), ask, auto-edit (write without asking), auto.",
        slash="mode",
        argument="[mode]",
        action="mode",
    ),
    Command(
        id="model.set",
        title="Model",
        help="Use another model from the next turn on.",
        slash="model",
        argument="[id]",
        action="model",
    ),
    Command(id="models.show", title="What fits", help="Models that fit this machine.", slash="models", action="models"),
    Command(
        id="route.why",
        title="Why this route",
        help="Say how the request was understood, by what, and how surely.",
        slash="why",
        action="why",
    ),
    Command(
        id="route.correct",
        title="Correct the route",
        help="Say what the last request was: calc, tool, question, code, steps, fullstack or clarify.",
        slash="route",
        argument="[kind]",
        op=lambda view, argument: CorrectRoute(kind=argument.strip().lower()),
    ),
    Command(
        id="theme.set", title="Theme", help="Choose the colours.", slash="theme", argument="[name]", action="theme"
    ),
    Command(id="help.show", title="Help", help="All commands and keys.", keys=("ctrl+g",), slash="help", action="help"),
    Command(
        id="palette.show",
        title="Command palette",
        help="Every command by name.",
        keys=("ctrl+p",),
        action="palette",
        palette=False,
    ),
    Command(
        id="engine.restart",
        title="Start the engine again",
        help="After the engine ended: start or find one and go on where the session stands.",
        slash="restart",
        action="restart",
    ),
    Command(
        id="app.detach",
        title="Detach",
        help="Leave the screen; what runs goes on, and the next codey here shows it.",
        slash="detach",
        action="detach",
    ),
    Command(
        id="app.quit",
        title="Quit",
        help="Leave. While a turn runs you are asked whether it shall go on.",
        keys=("ctrl+q",),
        slash="quit",
        action="leave",
    ),
    Command(
        id="prompt.send",
        title="Send",
        help="Send the prompt; while a turn runs it is queued. Empty: do what the status line offers.",
        scope="prompt",
        keys=("enter",),
        action="send",
    ),
    Command(
        id="prompt.newline",
        title="New line",
        help="Begin a new line in the prompt.",
        scope="prompt",
        keys=("ctrl+j",),
        action="newline",
    ),
    Command(
        id="prompt.complete",
        title="Complete",
        help="Take the marked proposal for @file or /command.",
        scope="prompt",
        keys=("tab",),
        action="complete",
    ),
    Command(
        id="prompt.earlier",
        title="Earlier prompt",
        help="At the first line: the prompt before. In a list of proposals: up.",
        scope="prompt",
        keys=("up",),
        action="earlier",
    ),
    Command(
        id="prompt.later",
        title="Later prompt",
        help="At the last line: the prompt after. In a list of proposals: down.",
        scope="prompt",
        keys=("down",),
        action="later",
    ),
    *ANSWERS,
)

BY_ID = {command.id: command for command in COMMANDS}
BY_SLASH = {command.slash: command for command in COMMANDS if command.slash}


def slash_commands() -> list[Command]:
    """The commands that can be typed after a slash, by name."""
    return sorted(BY_SLASH.values(), key=lambda command: command.slash)


def bindings_of(scope: Scope) -> Iterable[Binding]:
    """The bindings of a scope, each with the command's id, so that a keymap can name it."""
    for command in COMMANDS:
        if command.scope == scope and command.keys:
            action = f"command('{command.id}')" if scope == "app" else command.action
            priority = scope == "app" and command.priority
            yield Binding(",".join(command.keys), action, command.title, show=False, id=command.id, priority=priority)
