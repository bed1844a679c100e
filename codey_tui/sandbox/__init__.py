"""Where commands run: a protocol, the sandboxes of this machine, and the choice between them."""

from codey_tui.sandbox.base import Completed, Limits, OnOutput, Sandbox, SandboxError
from codey_tui.sandbox.bubblewrap import Bubblewrap
from codey_tui.sandbox.choice import Choice, choose
from codey_tui.sandbox.rlimits import Rlimits

__all__ = ["Bubblewrap", "Choice", "Completed", "Limits", "OnOutput", "Rlimits", "Sandbox", "SandboxError", "choose"]
