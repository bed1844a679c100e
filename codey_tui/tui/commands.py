"""The one table of commands: the palette, the help screen, the slash commands and the key bindings are made from it."""

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec
from textual.binding import Binding

from codey_tui.protocol.ops import CancelTurn, CorrectRoute, NewSession, Op, RetryTurn, UndoTurn
from codey_tui.tui.state import View

Scope = Literal["app", "chat", "prompt", "files", "plan", "approval", "cost"]
SCOPES: dict[Scope, str] = {
    "app": "Everywhere",
    "prompt": "In the prompt",
    "chat": "In the chat",
    "plan": "In the plan panel",
    "approval": "In the action panel",
    "cost": "Before a long prompt",
    "files": "In the file tree",
}


def _always(view: View) -> bool:
    return True


def _busy(view: View) -> bool:
    return view.busy


def _undo(view: View, argument: str) -> Op:
    return UndoTurn(turn=int(argument) if argument.isdigit() else 0)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person can do.

    `op` makes the Op to submit; a command without one is handled by the method that `action` names: of the app, or of
    the widget whose scope it is. `keys` are Textual key names; `slash` the name after the slash, `argument` how its
    argument is shown; `priority` keys work also while the prompt has the focus.
    """

    id: str
    title: str
    help: str
    scope: Scope = "app"
    keys: tuple[str, ...] = ()
    slash: str = ""
    argument: str = ""
    op: Callable[[View, str], Op] | None = None
    action: str = ""
    when: Callable[[View], bool] = _always
    priority: bool = True
    palette: bool = True


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
        help="List the stored conversations of this workspace and open one.",
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
    Command(
        id="plan.approve",
        title="Approve",
        help="Run the plan as it stands, without the dropped chunks.",
        scope="plan",
        keys=("y", "enter"),
        action="approve",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="plan.reject",
        title="Reject",
        help="Do nothing of the plan.",
        scope="plan",
        keys=("n",),
        action="reject",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="plan.explain",
        title="Reject and say why",
        help="Reject the plan with a reason.",
        scope="plan",
        keys=("e",),
        action="explain",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="plan.drop",
        title="Drop or keep",
        help="Leave the marked chunk out, or take it in again.",
        scope="plan",
        keys=("d", "space"),
        action="drop",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="plan.up", title="Mark the one above", help="Mark the chunk above.", scope="plan", keys=("up",), action="up"
    ),
    Command(
        id="plan.down",
        title="Mark the one below",
        help="Mark the chunk below.",
        scope="plan",
        keys=("down",),
        action="down",
    ),
    Command(
        id="plan.earlier",
        title="Move up",
        help="Run the marked chunk earlier.",
        scope="plan",
        keys=("k", "minus"),
        action="earlier",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="plan.later",
        title="Move down",
        help="Run the marked chunk later.",
        scope="plan",
        keys=("j", "plus"),
        action="later",
        when=lambda view: view.plan_waits,
    ),
    Command(
        id="cost.send",
        title="Send",
        help="Read the prompt, without what is left out.",
        scope="cost",
        keys=("y", "enter"),
        action="send",
        when=lambda view: view.cost is not None,
    ),
    Command(
        id="cost.leave_out",
        title="Leave out",
        help="Leave the marked file or the earlier turns out, or take them in again.",
        scope="cost",
        keys=("d", "space"),
        action="leave_out",
        when=lambda view: view.cost is not None,
    ),
    Command(
        id="cost.cancel",
        title="Do not send",
        help="End the turn: nothing is read.",
        scope="cost",
        keys=("n",),
        action="reject",
        when=lambda view: view.cost is not None,
    ),
    Command(
        id="cost.up", title="Mark the one above", help="Mark the part above.", scope="cost", keys=("up",), action="up"
    ),
    Command(
        id="cost.down",
        title="Mark the one below",
        help="Mark the part below.",
        scope="cost",
        keys=("down",),
        action="down",
    ),
    Command(
        id="approval.allow",
        title="Allow once",
        help="Run exactly this.",
        scope="approval",
        keys=("y",),
        action="allow",
        when=lambda view: bool(view.pending),
    ),
    Command(
        id="approval.session",
        title="Allow for this session",
        help="Run this, and do not ask again for the same in this session.",
        scope="approval",
        keys=("a",),
        action="allow_session",
        when=lambda view: bool(view.pending),
    ),
    Command(
        id="approval.always",
        title="Always allow",
        help="Run this, and do not ask again for exactly the same in this folder; /rules shows and removes it.",
        scope="approval",
        keys=("w",),
        action="allow_always",
        when=lambda view: bool(view.pending),
    ),
    Command(
        id="approval.review",
        title="Review the parts",
        help="Show the diff on the whole screen and accept or reject each part of it.",
        scope="approval",
        keys=("d",),
        action="review",
        when=lambda view: bool(view.pending and view.pending[0].preview.hunks),
    ),
    Command(
        id="approval.reject",
        title="Reject",
        help="Do not run it.",
        scope="approval",
        keys=("n",),
        action="reject",
        when=lambda view: bool(view.pending),
    ),
    Command(
        id="approval.explain",
        title="Reject and say why",
        help="Do not run it; the reason goes back to the model.",
        scope="approval",
        keys=("e",),
        action="explain",
        when=lambda view: bool(view.pending),
    ),
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
