"""Asks what becomes of a running turn before the screen closes."""

from codey_tui.tui.screens.choice import Choice, Row


class QuitScreen(Choice):
    """Returns detach, cancel or stay (None counts as stay)."""

    def __init__(self) -> None:
        rows = (
            Row("detach", "Detach and leave it running", "The next codey in this folder shows how it went.", "d"),
            Row("cancel", "Cancel it and quit", "What whole files it wrote stays, and /undo takes it back.", "c"),
            Row("stay", "Stay", "", "s"),
        )
        super().__init__("A turn is running", rows)
