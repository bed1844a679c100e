"""What Codey remembers about a workspace, in one SQLite file: sessions, journal, messages, plans, audit, figures."""

from codey_tui.store.connection import StoreError
from codey_tui.store.database import Database
from codey_tui.store.figures import FiguresRow
from codey_tui.store.journal import JournalRow
from codey_tui.store.plans import PlanRow

__all__ = ["Database", "FiguresRow", "JournalRow", "PlanRow", "StoreError"]
