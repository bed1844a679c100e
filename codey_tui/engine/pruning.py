"""Removes the checkpoints of conversations that nobody has used for long: the bound of what undo may cost on the disk."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from codey_tui.store.database import Database

log = logging.getLogger(__name__)

DAY_S = 86400
_PARTS = ("turns", "blobs")
"""What undo needs. `kept` beside them holds versions of a person's own that undo told of by their place: it stays."""
_DOOMED = ".removed-"


def prune(checkpoints: Path, database: Database, days: int) -> None:
    """Give up the checkpoints of sessions that were not used for so many days (0: of none), but not of the last one, which
    is about to be opened again. The space is freed on a thread of its own."""
    last = database.sessions.last()

    def last_used(session: str) -> float | None:
        found = database.sessions.get(session)
        return time.time() if last and last.id == session else found.updated if found else None

    if days:
        work = remove_unused(checkpoints, last_used, time.time() - days * DAY_S)
        threading.Thread(target=work, name="codey-pruning", daemon=True).start()


def remove_unused(checkpoints: Path, last_used: Callable[[str], float | None], before: float) -> Callable[[], None]:
    """Put aside the checkpoints of every session, by its folder's name, that was last used before that Unix time; what is
    returned frees the space, which can take long.

    `last_used` gives None for a session that is unknown: its folder's own time counts then. What cannot be removed is
    logged and tried again by the next call.
    """
    try:
        folders = [place for place in checkpoints.iterdir() if place.is_dir() and not place.is_symlink()]
    except FileNotFoundError:
        folders = []
    doomed = [place for place in folders if place.name.startswith(_DOOMED)]
    for place in folders:
        used = last_used(place.name)
        if place in doomed or (place.stat().st_mtime if used is None else used) >= before:
            continue
        try:
            doomed += put_aside(place)
        except OSError as error:
            log.warning("the checkpoints in %s could not be removed: %s", place, error)
    return lambda: free(doomed)


def put_aside(session: Path) -> list[Path]:
    """Rename at once what takes long to remove, so that nobody finds half of it; `free` what is returned. Raises OSError."""
    moved: list[Path] = []
    if not session.is_dir():
        return moved
    for part in _PARTS:
        place = session / part
        if place.is_dir():
            moved.append(session.with_name(f"{_DOOMED}{os.urandom(8).hex()}"))
            place.rename(moved[-1])
    if not any(session.iterdir()):
        session.rmdir()
    return moved


def free(places: list[Path]) -> None:
    """Remove folders that were put aside; what stays is logged, and goes with the next `remove_unused`."""
    for place in places:
        shutil.rmtree(place, onerror=lambda _call, path, error: log.warning("%s stays: %s", path, error[1]))
