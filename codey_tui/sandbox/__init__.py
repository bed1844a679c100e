"""Where commands run: the protocol and the sandboxes; the composition root chooses the strongest that works."""

from codey_tui.sandbox.base import Completed, Limits, OnOutput, Sandbox, SandboxError, SandboxRefused
from codey_tui.sandbox.bubblewrap import Bubblewrap
from codey_tui.sandbox.rlimits import Rlimits

__all__ = ["Bubblewrap", "Completed", "Limits", "OnOutput", "Rlimits", "Sandbox", "SandboxError", "SandboxRefused"]
