"""The help screen, made from the table of commands."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from codey_tui.tui.commands import COMMANDS, SCOPES, Command
from codey_tui.tui.screens.modal import Modal

_KEY_COLUMN = 18
_NAMES = {"minus": "-", "plus": "+", "space": "space", "up": "↑", "down": "↓"}


def keys_of(command: Command, keymap: Mapping[str, str]) -> str:
    """The keys of a command as a person reads them."""
    keys = keymap[command.id].split(",") if command.id in keymap else list(command.keys)
    return " ".join(_NAMES.get(key.strip(), key.strip()) for key in keys)


def help_content(keymap: Mapping[str, str]) -> Content:
    """All commands by where they work."""
    rows: list[Content] = [
        Content.styled(
            "Type what you want. A plan comes first, then files grow, then what runs asks you.", "$foreground"
        )
    ]
    for scope, title in SCOPES.items():
        commands = [command for command in COMMANDS if command.scope == scope]
        if not commands:
            continue
        rows += [Content(""), Content.styled(title, "bold $primary")]
        for command in commands:
            keys = keys_of(command, keymap)
            slash = f"/{command.slash}" if command.slash else ""
            left = " ".join(part for part in (keys, slash) if part)
            rows.append(
                Content.assemble((left.ljust(_KEY_COLUMN), "bold $foreground"), (f" {command.title}", "$foreground"))
            )
            rows.append(Content.styled(f"  {command.help}", "$text-muted"))
    return Content("\n").join(rows)


class HelpScreen(Modal[None]):
    """Scrolls; any of the usual keys goes back."""

    BINDINGS = [Binding("escape,ctrl+q,q,ctrl+g,enter", "leave", "Back", show=False, id="help.back")]

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """One long text."""
        with VerticalScroll(classes="window") as window:
            window.border_title = "Help"
            window.border_subtitle = "↑ ↓ scroll · q goes back"
            yield Static(help_content(self._keymap))

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
