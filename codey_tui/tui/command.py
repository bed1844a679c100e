"""What a command is: one thing that a person can do, by a key, a name after a slash, or the palette."""

from collections.abc import Callable
from typing import Literal

import msgspec

from codey_tui.protocol.ops import Op
from codey_tui.tui.state import View

Scope = Literal["app", "chat", "prompt", "files", "plan", "approval", "cost"]


def _always(view: View) -> bool:
    return True


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person can do.

    `op` makes the Op to submit, None where the argument is none of its own; a command without one is handled by the method that `action` names: of the app, or of
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
    op: Callable[[View, str], Op | None] | None = None
    action: str = ""
    when: Callable[[View], bool] = _always
    priority: bool = True
    palette: bool = True
