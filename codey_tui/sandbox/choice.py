"""The choice of a sandbox: the strongest that works here, and a sentence that says so."""

from typing import Literal

import msgspec

from codey_tui.sandbox.base import Sandbox, SandboxError
from codey_tui.sandbox.bubblewrap import Bubblewrap
from codey_tui.sandbox.rlimits import Rlimits

Preference = Literal["auto", "bubblewrap", "rlimits"]


class Choice(msgspec.Struct, frozen=True):
    """The sandbox that commands run in and why it is this one."""

    sandbox: Sandbox
    reason: str


def choose(prefer: Preference = "auto") -> Choice:
    """The strongest sandbox of this machine, or the one asked for. Raises SandboxError where that one does not work: a
    wish for walls is never answered by running without them."""
    if prefer == "rlimits":
        return Choice(Rlimits(), "rlimits, as asked for: limits of time and memory, but files and network are open.")
    wrapped = Bubblewrap()
    problem = wrapped.problem()
    if not problem:
        return Choice(wrapped, "bubblewrap: commands see the workspace, no network and no home folder.")
    if prefer == "bubblewrap":
        raise SandboxError(f"The bubblewrap sandbox cannot be used: {problem}. Install it, or choose rlimits.")
    return Choice(Rlimits(), f"rlimits: limits of time and memory, but files and network are open ({problem}).")
