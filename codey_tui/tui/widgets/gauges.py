"""The gauges: model, tokens per second, context, memory and heat on one line that is painted only on a change."""

import os
from pathlib import Path

from codey_tui.tui import meters
from codey_tui.tui.state import View
from codey_tui.tui.widgets.lines import OneLine

_STATM = Path("/proc/self/statm")
_ROUND = 2**20


def own_rss() -> int:
    """Resident bytes of this process, rounded to a mebibyte so that the gauge stands still; 0 where nobody tells."""
    try:
        pages = int(_STATM.read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // _ROUND * _ROUND
    except (OSError, ValueError, IndexError):
        try:
            import psutil
        except ImportError:
            return 0
        return int(psutil.Process().memory_info().rss) // _ROUND * _ROUND


class Gauges(OneLine):
    """The bottom line."""

    def show_view(self, view: View, rss: int, budget: int) -> None:
        """Paint the gauges of a view; `rss` is this process's own."""
        self.show(meters.gauges(view, rss, budget, self.room))
