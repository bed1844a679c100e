"""What the program notes about itself, in files: never with a key or a password in it."""

import logging
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


class HidingFormatter(logging.Formatter):
    """Writes a record with its traceback, and hides the keys in both."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        from codey_tui.engine.masking import hide

        return hide(super().format(record))


def log_to(file: Path | None = None) -> None:
    """Send what is noted to a file; without one to standard error, which of an engine is its log."""
    handler = logging.StreamHandler() if file is None else logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(HidingFormatter(_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # It notes every change that it sees, and a file grows with every token.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
