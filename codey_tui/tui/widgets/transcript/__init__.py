"""The virtualised transcript: `Transcript` and its `Entry`."""

from codey_tui.tui.widgets.transcript.entry import Entry, Role
from codey_tui.tui.widgets.transcript.widget import Transcript

__all__ = ["Entry", "Role", "Transcript"]
